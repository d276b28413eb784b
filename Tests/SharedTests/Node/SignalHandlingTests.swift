import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Shared

@Suite struct SignalHandlingTests {
    /// Sends the signals to its own process: the first at once, the second when the shutdown has begun.
    struct Signalled: Service {
        var signals: [Int32]
        var endsGracefully: Bool

        func run() async throws {
            let (shutdown, begun) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            try await withGracefulShutdownHandler {
                kill(getpid(), signals[0])
                for await _ in shutdown { break }
                for signal in signals.dropFirst() { kill(getpid(), signal) }
                if !endsGracefully { try await Task.sleep(for: .seconds(60)) }
            } onGracefulShutdown: {
                begun.yield()
            }
        }
    }

    @Test func theFirstSignalShutsDownGracefully() async {
        await #expect(processExitsWith: .success) {
            let service = Signalled(signals: [SIGTERM], endsGracefully: true)
            try await SignalHandling.run([service], logger: Logger(label: "test"))
        }
        await #expect(processExitsWith: .success) {
            let service = Signalled(signals: [SIGINT], endsGracefully: true)
            try await SignalHandling.run([service], logger: Logger(label: "test"))
        }
    }

    @Test func theSecondSignalExitsAtOnce() async {
        await #expect(processExitsWith: .exitCode(128 + SIGINT)) {
            let service = Signalled(signals: [SIGTERM, SIGINT], endsGracefully: false)
            try await SignalHandling.run([service], logger: Logger(label: "test"))
        }
    }

    @Test func aServiceThatFailsEndsTheRun() async {
        struct Failing: Service {
            func run() async throws { throw SettingsError(key: nil, message: "no") }
        }
        await #expect(throws: SettingsError.self) {
            try await SignalHandling.run([Failing()], logger: Logger(label: "test"))
        }
    }
}

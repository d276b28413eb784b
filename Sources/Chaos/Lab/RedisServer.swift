import Foundation
import Logging
import NIOCore
import NIOPosix
import Shared
import Synchronization
import TestSupport

/// The Redis of a round, append-only, and a connection to it that no proxy is on the way of.
final class RedisServer: Sendable {
    private let process: RedisServerProcess
    private let isTaken = Mutex(false)
    let client: RedisClient

    var port: Int { process.port }

    init(appendFsync: String) async throws {
        process = try await RedisServerProcess(arguments: ["--appendonly", "yes", "--appendfsync", appendFsync])
        var configuration = process.configuration
        configuration.reconnectMaximum = .milliseconds(100)
        configuration.commandTimeout = .seconds(10)
        client = try RedisClient(
            configuration, on: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Takes hold of the process, if nobody else has.
    func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func giveBack() { isTaken.withLock { $0 = false } }

    func kill() { process.kill() }
    func terminate() async { await process.terminate() }
    func start() async throws { try await process.start() }
    func freeze() { process.freeze() }
    func thaw() { process.thaw() }

    func end() async {
        try? await client.close(grace: .zero).get()
        process.thaw()
        process.kill()
    }

    /// Who has the request, as it stands in Redis: the node's id.
    func worker(of request: RequestID) async -> String? {
        (try? await client.call("HGET", .string("request:{\(request)}"), "worker"))?.string
    }

    /// The number of entries in the log of a request.
    func logLength(of request: RequestID) async -> Int {
        (try? await client.call("XLEN", .string("tokens:{\(request)}")))?.integer ?? 0
    }

    /// `PUBLISH stop:<id> <word>`: how many heard it; nil where Redis did not answer.
    func publishStop(_ request: RequestID, _ word: String) async -> Int? {
        (try? await client.call("PUBLISH", .string("stop:\(request)"), .string(word), timeout: .after(.seconds(2))))?
            .integer
    }
}

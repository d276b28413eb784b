import Logging
import NIOCore
import Shared

/// The event loops of a frontend, each with its broker.
struct FrontendLoops: Sendable {
    private let loops: [ObjectIdentifier: NIOLoopBound<FrontendLoop>]
    private let first: NIOLoopBound<FrontendLoop>
    private let eventLoops: [any EventLoop]

    init(
        brokers: BrokerGroup, watched: WatchedRequests, configuration: FrontendConfiguration,
        authenticator: any Authenticator, metrics: FrontendMetrics, logger: Logger
    ) async throws {
        var loops: [ObjectIdentifier: NIOLoopBound<FrontendLoop>] = [:]
        let owners = configuration.admission.ownerRate.map { OwnerRates(limit: $0) }
        let progress = QueueProgress(period: QueuePositions.period - .milliseconds(100))
        for broker in brokers.all {
            loops[ObjectIdentifier(broker.eventLoop)] = try await broker.eventLoop.submit {
                NIOLoopBound(
                    FrontendLoop(
                        broker: broker, watched: watched, progress: progress, owners: owners,
                        configuration: configuration, authenticator: authenticator, metrics: metrics, logger: logger),
                    eventLoop: broker.eventLoop)
            }.get()
        }
        guard let first = loops[ObjectIdentifier(brokers.any.eventLoop)] else {
            preconditionFailure("a broker has no loop")
        }
        self.loops = loops
        self.first = first
        eventLoops = brokers.all.map(\.eventLoop)
    }

    /// The frontend's part of `eventLoop`, which must have a broker. Call on that loop.
    func current(_ eventLoop: any EventLoop) -> FrontendLoop {
        guard let loop = loops[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a connection runs on a loop that has no broker")
        }
        return loop.value
    }

    /// Runs `body` on `eventLoop`, or on another where it has no broker.
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ body: @escaping @Sendable (FrontendLoop) -> EventLoopFuture<Value>
    ) async throws -> Value {
        let bound = loops[ObjectIdentifier(eventLoop)] ?? first
        return try await bound.eventLoop.flatSubmit { body(bound.value) }.get()
    }

    /// Runs `body` on each loop.
    func forEach(_ body: @escaping @Sendable (FrontendLoop) -> Void) async throws {
        for eventLoop in eventLoops {
            try await eventLoop.submit { body(self.current(eventLoop)) }.get()
        }
    }
}

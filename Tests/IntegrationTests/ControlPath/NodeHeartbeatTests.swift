import Logging
import NIOCore
import ServiceLifecycle
import Shared
import Synchronization
import TestSupport
import Testing

/// A node on the list of nodes, and what it makes of being off it.
@Suite("Heartbeat", .timeLimit(.minutes(2)))
struct NodeHeartbeatTests {
    private static let node = NodeRecord(
        id: "f1", role: .frontend, host: "h", pid: 1, queue: "q", startedAt: Timestamp(microseconds: 1))

    private func heartbeat(
        _ lab: BrokerLab, record: @escaping @Sendable () -> NodeRecord? = { node }
    ) -> NodeHeartbeat {
        NodeHeartbeat(
            brokers: [lab.frontend], interval: .milliseconds(20),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, record: record)
    }

    /// Runs it as a service, while `body` looks on.
    private func run(
        _ heartbeat: NodeHeartbeat, _ body: @escaping @Sendable (ServiceGroup) async throws -> Void
    ) async throws {
        let services = ServiceGroup(
            services: [heartbeat], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await body(services)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    @Test("a node is on the list while it is to be, and is taken off at the end", arguments: BrokerKind.allCases)
    func lists(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let isReady = Mutex(false)
            try await run(heartbeat(lab) { isReady.withLock { $0 } ? Self.node : nil }) { _ in
                try await Task.sleep(for: .milliseconds(50))
                #expect(try await lab.frontend.nodes().get().isEmpty)
                isReady.withLock { $0 = true }
                try await eventually { try await lab.frontend.nodes().get() == [Self.node] }
            }
            #expect(try await lab.frontend.nodes().get().isEmpty)
        }
    }

    @Test("data that are lost while the connections stand are missed at the next beat of the heart")
    func missesLostData() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let failures = Mutex<[String]>([])
            try await run(heartbeat(lab)) { _ in
                try await eventually { try await lab.frontend.nodes().get().count == 1 }
                // Left to itself it would ask after ten minutes.
                let subscriber = try await lab.frontend.eventLoop.submit {
                    let subscriber = TokenSubscriber(
                        broker: lab.frontend, request: job.requestID, after: .start, silence: .minutes(10)
                    ) { event in
                        if case .failed(let error) = event { failures.withLock { $0.append(error.message) } }
                    }
                    subscriber.start()
                    return subscriber
                }.get()
                try await eventually { try await lab.frontend.audience(of: job.requestID).get().viewers == 1 }
                try await withClient(#require(lab.redis)) { _ = try await $0.call("FLUSHALL") }
                try await eventually("the loss is found") { failures.withLock { $0 } == ["the request was lost"] }
                lab.frontend.eventLoop.execute { subscriber.cancel() }
            }
        }
    }
}

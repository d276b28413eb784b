import Logging
import NIOCore
import NIOPosix
import Shared

/// Looks in Redis for requests of a run that have not ended though it is over.
enum Orphans {
    /// The most requests looked at in one queue.
    private static let limit = 100_000

    /// Waits until none is left, at most the settle time-out; those that are then left are in the log.
    static func find(_ identity: RunIdentity, plan: LoadPlan, redisURL: String) async throws -> ViolationLog {
        var configuration = try RedisConfiguration(url: redisURL)
        configuration.connectTimeout = .seconds(5)
        configuration.commandTimeout = .seconds(10)
        configuration.clientName = configuration.clientName ?? "penstock-loadtest"
        let broker = try RedisBroker(
            configuration, on: MultiThreadedEventLoopGroup.singleton.next(), keyPrefix: plan.keyPrefix,
            logger: Logger(label: "penstock-loadtest", factory: { _ in SwiftLogNoOpLogHandler() }))
        let result: Result<ViolationLog, any Error>
        do { result = .success(try await look(broker, identity, plan)) } catch { result = .failure(error) }
        await broker.close()
        return try result.get()
    }

    private static func look(_ broker: RedisBroker, _ identity: RunIdentity, _ plan: LoadPlan) async throws
        -> ViolationLog
    {
        let deadline = ContinuousClock.now + plan.settleTimeout
        while true {
            let left = try await left(broker, identity, plan)
            guard !left.isEmpty, ContinuousClock.now < deadline else {
                var log = ViolationLog()
                for job in left {
                    log.note(
                        .orphan, job.record.id.text,
                        "\(job.record.state.rawValue) in queue \(job.record.queue), \(job.tokens) tokens")
                }
                return log
            }
            // Nothing tells that a queue is empty, so it is asked.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func left(
        _ broker: RedisBroker, _ identity: RunIdentity, _ plan: LoadPlan
    ) async throws -> [QueuedJob] {
        let queues = Set(try await broker.nodes().get().map(\.queue)).union([plan.queue])
        var jobs: [QueuedJob] = []
        for queue in queues.sorted() {
            jobs += try await broker.queuedJobs(queue: queue, limit: limit).get().filter {
                $0.record.id.text.hasPrefix(identity.requestPrefix)
            }
        }
        return jobs
    }
}

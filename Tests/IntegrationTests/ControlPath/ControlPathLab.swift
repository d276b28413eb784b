import Logging
import NIOCore
import NIOPosix
import Shared
import TestSupport

/// A node's broker that reaches its Redis through a proxy, and the watch on its control path, with quick beats.
struct ControlPathLab: Sendable {
    static let interval = TimeAmount.milliseconds(100)
    /// Redis has three intervals to take a beat.
    static let longInterval = TimeAmount.seconds(1)

    let redis: RedisServerProcess
    let proxy: TCPProxy
    let broker: RedisBroker
    /// Reaches Redis directly.
    let other: RedisBroker
    let readiness: Readiness
    let registry: PrometheusRegistry

    static func with(
        arguments: [String] = [], interval: TimeAmount = interval,
        setUp: (RedisServerProcess) async throws -> RedisConfiguration? = { _ in nil },
        _ body: @Sendable (ControlPathLab) async throws -> Void
    ) async throws {
        let redis = try await RedisServerProcess(arguments: arguments)
        defer { redis.kill() }
        let proxy = try await TCPProxy(to: redis.port)
        var configuration = try await setUp(redis) ?? proxy.configuration
        configuration.address = proxy.configuration.address
        configuration.reconnectMaximum = .milliseconds(100)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loops = MultiThreadedEventLoopGroup.singleton
        let lab = ControlPathLab(
            redis: redis, proxy: proxy, broker: try RedisBroker(configuration, on: loops.next(), logger: logger),
            other: try RedisBroker(redis.configuration, on: loops.next(), logger: logger),
            readiness: Readiness([.redis, .control]), registry: PrometheusRegistry(nodeHelp: [:]))
        let watch = ControlPathWatch(
            brokers: [lab.broker], node: "n", readiness: lab.readiness, metrics: lab.registry, logger: logger,
            interval: interval)
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await watch.run() }
                try await body(lab)
                group.cancelAll()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        redis.thaw()
        await lab.broker.close()
        await lab.other.close()
        await proxy.close()
        try result.get()
    }

    func obstacle(_ condition: Readiness.Condition) -> String? {
        readiness.report.first { $0.condition == condition }?.obstacle
    }

    /// What its metrics are now.
    func metrics() throws -> PrometheusPage { try PrometheusPage(registry.render()) }

    func becomesReady() async throws { try await eventually("the node is ready") { readiness.isReady } }

    /// Waits until a condition is not met for a reason that says `words`.
    func finds(_ condition: Readiness.Condition, _ words: String) async throws {
        try await eventually("\(condition) is not met: \(words)") { obstacle(condition)?.contains(words) == true }
    }

    /// A request that runs, and what is heard of its stops over the watched broker.
    func runningRequest() async throws -> (RequestID, HeardStops) {
        let job = GenerationJob(requestID: .random(), sessionID: .random(), owner: "ada", content: "x")
        _ = try await other.submit(Submission(job: job, queue: "q", isNewSession: true)).get()
        var taken: [JobDelivery] = []
        while taken.isEmpty {
            taken = try await other.takeJobs(queue: "q", worker: "w", limit: 1, wait: .seconds(1))
        }
        _ = try await other.claim(taken[0], worker: "w").get()
        let heard = HeardStops()
        let broker = broker
        try await broker.eventLoop.flatSubmit {
            let subscriber = StopSubscriber(broker: broker, request: job.requestID) { event in
                heard.add(event)
            }
            heard.keep(subscriber)
            return subscriber.confirmed
        }.get()
        return (job.requestID, heard)
    }
}

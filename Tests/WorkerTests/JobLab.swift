import Logging
import NIOCore
import NIOPosix
import Shared
import TestSupport

@testable import Worker

/// One shard of a worker on an in-memory store, without a consumer.
struct JobLab: Sendable {
    static let queue = "jobs"

    let store = InMemoryStore()
    let group = MultiThreadedEventLoopGroup.singleton
    let broker: GatedBroker
    let shard: Shard
    /// What clients and operators use.
    let outside: InMemoryBroker
    let registry = PrometheusRegistry(nodeHelp: WorkerMetrics.help, buckets: WorkerMetrics.buckets)
    let metrics: WorkerMetrics

    init(generator: String = "count", model: String? = nil) {
        metrics = WorkerMetrics(registry: registry, generator: generator, model: model)
        broker = GatedBroker(InMemoryBroker(store, on: group.next()))
        shard = Shard(broker: broker)
        outside = InMemoryBroker(store, on: group.next())
    }

    /// Submits a request.
    func submit(
        _ parameters: [String: JSONValue] = [:], content: String = "hello", grace: Int? = nil,
        limits: TimeLimits? = nil
    ) async throws -> RequestID {
        let job = GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "me", content: content, parameters: parameters,
            disconnectGrace: grace, timeLimits: limits)
        _ = try await outside.submit(Submission(job: job, queue: Self.queue, isNewSession: true)).get()
        return job.requestID
    }

    /// Submits a request and takes its job.
    func delivery(
        _ parameters: [String: JSONValue] = [:], grace: Int? = nil, limits: TimeLimits? = nil
    ) async throws -> JobDelivery {
        _ = try await submit(parameters, grace: grace, limits: limits)
        return try await take()
    }

    /// Takes the next job.
    func take(worker: String = "w1") async throws -> JobDelivery {
        let jobs = try await outside.takeJobs(queue: Self.queue, worker: worker, limit: 1, wait: .seconds(5))
        guard let job = jobs.first else { throw NeverTaken() }
        return job
    }

    struct NeverTaken: Error {}

    /// A runner for a job.
    func runner(
        _ delivery: JobDelivery, _ generator: any TokenGenerator, worker: String = "w1",
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        configure: (inout JobConfiguration) -> Void = { _ in }
    ) -> JobRunner {
        var configuration = JobConfiguration(worker: worker)
        configure(&configuration)
        return JobRunner(
            delivery: delivery, shard: shard, generator: generator, configuration: configuration, metrics: metrics,
            logger: logger)
    }

    /// Runs a job on its loop, while `body` does something to it.
    func run(
        _ runner: JobRunner, while body: @Sendable @escaping () async throws -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: shard.executor) { await runner.run() }
            group.addTask { try await body() }
            try await group.waitForAll()
        }
    }

    /// Records a stop, as a frontend does.
    @discardableResult
    func stop(_ request: RequestID, _ mode: StopIntent.Mode = .stop, reason: String? = nil) async throws -> StopReceipt
    {
        try await outside.stop(request, intent: StopIntent(mode: mode, by: .user, reason: reason), owner: "me").get()
    }

    /// What was counted.
    func page() throws -> PrometheusPage { try PrometheusPage(registry.render()) }

    /// The saved message.
    func message(_ request: RequestID) async throws -> MessageRecord? {
        try await outside.message(request.message).get()
    }

    /// How the request stands.
    func state(_ request: RequestID) async throws -> RequestRecord.State? {
        try await outside.request(request).get()?.state
    }

    /// The concatenated chunks of the log.
    func text(_ request: RequestID) -> String {
        store.log(of: request).reduce(into: "") { text, entry in
            if case .chunk(let words, _) = entry.body { text += words }
        }
    }

    /// The ids of the chunks of the log.
    func chunkIDs(_ request: RequestID) -> [String] {
        store.log(of: request).compactMap { entry in
            if case .chunk = entry.body { entry.id.description } else { nil }
        }
    }

    /// The endings in the log.
    func endings(_ request: RequestID) -> [Ending] {
        store.log(of: request).compactMap { entry in
            if case .ended(let ending, _) = entry.body { ending } else { nil }
        }
    }
}

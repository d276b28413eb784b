import Logging
import NIOCore
import NIOPosix
import Shared
import TestSupport
import Testing

/// Which broker a test of the conformance suite runs on.
enum BrokerKind: String, CaseIterable, Sendable {
    case inMemory, redis
    /// Redis over TLS, each role as its own user with the rights of `deploy/redis/users.acl`.
    case restricted
}

/// Two hosts on one broker, and what the tests do with them again and again.
struct BrokerLab: Sendable {
    /// Where the client is.
    let frontend: any Broker
    /// Where the worker is.
    let worker: any Broker
    /// Where the operator is who looks after dead jobs.
    let caretaker: any Broker
    let queue = "q"
    let redis: RedisServerProcess?
    let store: InMemoryStore?

    /// Runs `body` on brokers of a kind; the Redis is its own.
    static func with(_ kind: BrokerKind, _ body: (BrokerLab) async throws -> Void) async throws {
        let loops = (MultiThreadedEventLoopGroup.singleton.next(), MultiThreadedEventLoopGroup.singleton.next())
        switch kind {
        case .inMemory:
            let store = InMemoryStore()
            try await body(
                BrokerLab(
                    frontend: InMemoryBroker(store, on: loops.0), worker: InMemoryBroker(store, on: loops.1),
                    caretaker: InMemoryBroker(store, on: loops.0),
                    redis: nil, store: store))
        case .redis:
            let server = try await RedisServerProcess()
            try await with(server, (server.configuration, server.configuration, server.configuration), on: loops, body)
        case .restricted:
            let server = try await RestrictedRedis()
            try await with(
                server.process,
                (
                    server.configuration("frontend"), server.configuration("worker"),
                    server.configuration("caretaker")
                ), on: loops, body)
        }
    }

    private static func with(
        _ server: RedisServerProcess,
        _ configurations: (frontend: RedisConfiguration, worker: RedisConfiguration, caretaker: RedisConfiguration),
        on loops: (any EventLoop, any EventLoop), _ body: (BrokerLab) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let frontend = try RedisBroker(configurations.frontend, on: loops.0, logger: logger)
        let worker = try RedisBroker(configurations.worker, on: loops.1, logger: logger)
        let caretaker = try RedisBroker(configurations.caretaker, on: loops.0, logger: logger)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(
                    BrokerLab(frontend: frontend, worker: worker, caretaker: caretaker, redis: server, store: nil)))
        } catch {
            result = .failure(error)
        }
        await frontend.close()
        await worker.close()
        await caretaker.close()
        try result.get()
    }

    func job(
        _ content: String = "hello", id: RequestID = .random(), owner: String = "ada", limits: TimeLimits? = nil
    ) -> GenerationJob {
        GenerationJob(requestID: id, sessionID: .random(), owner: owner, content: content, timeLimits: limits)
    }

    /// The times of a request are over, those that it has.
    func makeOverdue(_ request: RequestID) async throws {
        store?.makeOverdue(request)
        guard let redis else { return }
        try await withClient(redis) { client in
            let key = RedisArgument.string("request:{\(request)}")
            let now = try await client.call("TIME")
            let seconds = try #require(now[0]?.string.flatMap { Int($0) })
            let microseconds = try #require(now[1]?.string.flatMap { Int($0) })
            for field in ["queue_until", "end_by"]
            where try await client.call("HEXISTS", key, .string(field)).integer == 1 {
                try await client.call("HSET", key, .string(field), .integer(seconds * 1_000_000 + microseconds))
            }
        }
    }

    @discardableResult
    func submit(_ job: GenerationJob, limit: Int? = nil) async throws -> SubmitOutcome {
        try await frontend.submit(Submission(job: job, queue: queue, isNewSession: true, queueLimit: limit)).get()
    }

    func take(_ worker: String = "w1") async throws -> JobDelivery {
        for _ in 0..<10 {
            let taken = try await self.worker.takeJobs(queue: queue, worker: worker, limit: 1, wait: .seconds(1))
            if let first = taken.first { return first }
        }
        throw NothingTaken()
    }

    struct NothingTaken: Error {}

    /// Submits a job, takes it and claims it.
    func start(_ job: GenerationJob) async throws -> JobDelivery {
        try await submit(job)
        let delivery = try await take()
        _ = try await worker.claim(delivery, worker: "w1").get()
        return delivery
    }

    func append(_ request: RequestID, _ attempt: UInt64, _ index: UInt64, _ text: String) async throws -> AppendOutcome
    {
        let chunk = TokenChunk(id: EntryID(attempt: attempt, index: index), text: text, tokens: 1)
        return try await worker.append([chunk], to: request).get()
    }

    func finish(_ request: RequestID, _ attempt: UInt64, _ state: Ending.State = .completed) async throws -> Ending? {
        try await worker.finish(
            request, attempt: attempt, ending: AttemptEnding(state: state, finishReason: "stop")
        ).get()
    }

    func entries(_ request: RequestID) async throws -> [TokenEntry] {
        try await frontend.entries(of: request, after: .start, limit: 10_000).get()
    }

    func endings(_ request: RequestID) async throws -> [Ending] {
        try await entries(request).compactMap { if case .ended(let ending, _) = $0.body { ending } else { nil } }
    }

    func message(_ request: RequestID) async throws -> MessageRecord? {
        try await frontend.message(request.message).get()
    }
}

extension SubmitOutcome {
    var isAccepted: Bool { if case .accepted = self { true } else { false } }
}

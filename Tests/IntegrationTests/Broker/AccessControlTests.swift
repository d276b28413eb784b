import Logging
import NIOCore
import Shared
import Synchronization
import TestSupport
import Testing

/// What the users of `deploy/redis/users.acl` may do, and what they may not. That the frontend's and the worker's rights are
/// enough is shown by the conformance suite, which runs as them.
@Suite("Redis users", .timeLimit(.minutes(2)))
struct AccessControlTests {
    private typealias Command = [RedisArgument]

    /// Runs each command as `user` and tells which were refused for want of rights.
    private func refused(
        _ commands: [Command], as user: String, at redis: RestrictedRedis
    ) async throws -> [Bool] {
        let client = try RedisClient(
            redis.configuration(user), on: RedisTestCase.loop, logger: RedisTestCase.logger)
        var refused: [Bool] = []
        for command in commands {
            do {
                _ = try await client.send(RedisCommand(arguments: command)).get()
                refused.append(false)
            } catch let error as RedisError {
                // A script that may be run fails at the command that may not.
                refused.append(
                    error.isRedis("NOPERM")
                        || error.message.contains("user executing the script can't run this command"))
            }
        }
        try await client.close().get()
        return refused
    }

    private func expect(
        _ user: String, may allowed: [Command], mayNot forbidden: [Command], at redis: RestrictedRedis,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for (command, isRefused) in zip(allowed, try await refused(allowed, as: user, at: redis)) {
            #expect(!isRefused, "\(user): \(command)", sourceLocation: sourceLocation)
        }
        for (command, isRefused) in zip(forbidden, try await refused(forbidden, as: user, at: redis)) {
            #expect(isRefused, "\(user): \(command)", sourceLocation: sourceLocation)
        }
    }

    /// What no user may do.
    private let dangers: [Command] = [
        ["FLUSHALL"], ["KEYS", "*"], ["SCAN", "0"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["CLIENT", "LIST"],
        ["CLIENT", "KILL", "ID", "1"], ["SHUTDOWN"], ["REPLICAOF", "NO", "ONE"], ["MONITOR"],
        ["SAVE"], ["SCRIPT", "FLUSH"], ["FUNCTION", "LIST"], ["PSUBSCRIBE", "*"], ["GET", "x"], ["SET", "x", "y"],
        ["HGETALL", "elsewhere"], ["PUBLISH", "elsewhere", "x"], ["DEL", "elsewhere"],
        ["EVAL", "return redis.call('SET', 'x', 'y')", "0"],
    ]

    @Test func anOperatorPublishesStopsAndDoesNothingElse() async throws {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        try await expect(
            "operator", may: [["PUBLISH", "stop:1", "stop"]],
            mayNot: dangers + [
                ["PUBLISH", "tokens:1", "x"], ["PUBLISH", "jobs:default", "released"], ["SUBSCRIBE", "stop:1"],
                ["HGETALL", "request:{1}"], ["HGETALL", "message:{1}"], ["XRANGE", "tokens:{1}", "-", "+"],
                ["HSET", "request:{1}", "stop_mode", "stop"], ["PING"], ["CLIENT", "ID"], ["EVAL", "return 1", "0"],
            ], at: redis)
    }

    @Test func aViewerReadsAndChangesNothing() async throws {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        try await expect(
            "viewer",
            may: [
                ["PING"], ["HGETALL", "request:{1}"], ["HGETALL", "message:{1}"], ["XRANGE", "tokens:{1}", "-", "+"],
                ["ZRANGE", "nodes", 0, -1], ["XRANGE", "dead:default", "-", "+"],
            ],
            mayNot: dangers + [
                ["PUBLISH", "stop:1", "stop"], ["HSET", "request:{1}", "a", "b"],
                ["XADD", "jobs:default", "*", "a", "b"],
                ["DEL", "message:{1}"], ["HGETALL", "session:{1}"], ["EVAL", "return 1", "0"],
                ["ZRANGE", "owner:{ada}:requests", 0, -1],
                ["ZADD", "nodes", 1, "x"],
            ], at: redis)
    }

    @Test func nodesDoTheirOwnWorkOnly() async throws {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        let reading: Command = ["XREADGROUP", "GROUP", "workers", "w", "STREAMS", "jobs:default", ">"]
        try await expect(
            "frontend", may: [["HGETALL", "session:{1}"], ["PUBLISH", "stop:1", "stop"], ["PING"]],
            mayNot: dangers + [
                reading, ["XACK", "jobs:default", "workers", "1-1"], ["XTRIM", "jobs:default", "MAXLEN", 0],
                ["XDEL", "jobs:default", "1-1"], ["XADD", "dead:default", "*", "a", "b"],
                ["PUBLISH", "jobs:default", "x"],
                ["CLIENT", "UNBLOCK", 1],
            ], at: redis)
        try await expect(
            "worker", may: [["PUBLISH", "jobs:default", "released"], ["PING"], ["XINFO", "STREAM", "jobs:default"]],
            mayNot: dangers + [
                ["HGETALL", "session:{1}"], ["ZRANGE", "session:{1}:messages", 0, -1], ["XDEL", "jobs:default", "1-1"],
                ["PUBSUB", "CHANNELS"], ["ZREM", "owner:{ada}:requests", "1"],
            ], at: redis)
        try await expect(
            "forwarder", may: [["HSETNX", "session:{1}", "owner", "x"]],
            mayNot: dangers + [["ZRANGE", "session:{1}:messages", 0, -1]], at: redis)
    }

    @Test(arguments: ["frontend", "forwarder", "caretaker"]) func whoeverSubmitsMayDoAllOfIt(user: String) async throws
    {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        let broker = try RedisBroker(redis.configuration(user), on: RedisTestCase.loop, logger: RedisTestCase.logger)
        let lab = BrokerLab(frontend: broker, worker: broker, caretaker: broker, redis: redis.process, store: nil)
        #expect(try await lab.submit(lab.job(), limit: 1).isAccepted)
        let job = lab.job()
        #expect(try await lab.submit(job, limit: 1) == .queueFull(waiting: 1))
        #expect(try await broker.request(job.requestID).get() == nil)
        // Also where the stream was emptied.
        try await withClient(redis.process) { client in try await client.call("XTRIM", "jobs:q", "MAXLEN", 0) }
        #expect(try await lab.submit(job, limit: 1).isAccepted)
        await broker.close()
    }

    @Test func nobodyWithoutANameIsLetIn() async throws {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        for user in ["", "default:x@", "frontend:wrong@", "nobody:x@"] {
            let url = redis.url("frontend").replacing("frontend:secret-of-frontend@", with: user)
            var configuration = try RedisConfiguration(url: url)
            configuration.commandTimeout = .seconds(1)
            let client = try RedisClient(configuration, on: RedisTestCase.loop, logger: RedisTestCase.logger)
            #expect(await RedisTestCase.code { try await client.call("PING") } != nil)
            try await client.close().get()
        }
    }

    /// An operator's bare publish ends a request that runs, though it is all that this user may do; a viewer sees all of it.
    @Test func aBarePublishOfTheOperatorStops() async throws {
        let redis = try await RestrictedRedis()
        defer { redis.process.kill() }
        let loop = RedisTestCase.loop
        let frontend = try RedisBroker(redis.configuration("frontend"), on: loop, logger: RedisTestCase.logger)
        let worker = try RedisBroker(redis.configuration("worker"), on: loop, logger: RedisTestCase.logger)
        let viewer = try RedisBroker(redis.configuration("viewer"), on: loop, logger: RedisTestCase.logger)
        let lab = BrokerLab(frontend: frontend, worker: worker, caretaker: frontend, redis: redis.process, store: nil)
        let job = lab.job()
        let id = job.requestID
        let heard = Mutex<[StopIntent]>([])
        let subscriber = try await loop.submit {
            StopSubscriber(broker: worker, request: id) { event in
                if case .stop(let intent) = event { heard.withLock { $0.append(intent) } }
            }
        }.get()
        try await subscriber.confirmed.get()
        let delivery = try await lab.start(job)
        #expect(try await lab.append(id, 1, 1, "a ") == .written)
        #expect(try await viewer.queuedJobs(queue: lab.queue, limit: 5).get().map(\.tokens) == [1])

        let client = try RedisClient(redis.configuration("operator"), on: loop, logger: RedisTestCase.logger)
        #expect(try await client.call("PUBLISH", .string("stop:\(id)"), "off topic").integer == 1)
        try await eventually("the stop is recorded") { try await frontend.request(id).get()?.stop != nil }
        #expect(heard.withLock { $0.first?.reason } == "off topic")
        #expect(try await lab.append(id, 1, 2, "b ") == .sealed)
        #expect(try await lab.finish(id, 1)?.state == .cancelled)
        try await worker.acknowledge(delivery).get()
        #expect(try await viewer.message(id.message).get()?.content == "a ")
        let refusal = await #expect(throws: BrokerError.self) {
            try await viewer.stop(id, intent: StopIntent(by: .operator), owner: nil).get()
        }
        #expect(refusal?.code == .refused)

        try await loop.submit { subscriber.cancel() }.get()
        try await client.close().get()
        for broker in [frontend, worker, viewer] { await broker.close() }
    }
}

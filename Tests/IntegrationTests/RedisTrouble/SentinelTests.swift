import Logging
import NIOCore
import NIOPosix
import Shared
import TestSupport
import Testing

/// A master, a replica of it, and a sentinel that watches them.
@Suite("Sentinel", .timeLimit(.minutes(2)))
struct SentinelTests {
    @Test("a failover in the middle of a stream loses nothing that was replicated, and nobody's stop")
    func failover() async throws {
        try await Deployment.with { deployment in
            let frontend = try deployment.broker()
            let worker = try deployment.broker()
            let lab = BrokerLab(frontend: frontend, worker: worker, caretaker: frontend, redis: nil, store: nil)
            let job = lab.job()
            _ = try await lab.start(job)
            let heard = HeardStops()
            try await worker.eventLoop.flatSubmit {
                let stops = StopSubscriber(broker: worker, request: job.requestID) { heard.add($0) }
                heard.keep(stops)
                return stops.confirmed
            }.get()
            let reader = Task { try await TokenStream(broker: frontend, request: job.requestID).text() }
            for index in 1...300 {
                if index == 100 {
                    try await deployment.replicate()
                    deployment.master.kill()
                }
                let outcome = try await answered(within: .seconds(30)) {
                    try await lab.append(job.requestID, 1, UInt64(index), "\(index) ")
                }
                #expect(outcome == .written)
            }
            let receipt = try await answered {
                try await frontend.stop(job.requestID, intent: StopIntent(by: .user, reason: "after"), owner: "ada")
                    .get()
            }
            #expect(receipt.last == EntryID(attempt: 1, index: 300))
            try await eventually("the stop is heard") { heard.reasons.contains("after") }
            #expect(try await lab.finish(job.requestID, 1)?.state == .cancelled)
            let expected = (1...300).map { "\($0) " }.joined()
            #expect(try await reader.value == expected)
            #expect(try await lab.message(job.requestID)?.content == expected)
            await frontend.close()
            await worker.close()
        }
    }

    @Test("a replica that a sentinel still calls the master is refused")
    func replicaIsRefused() async throws {
        let alone = try await RedisServerProcess()
        defer { alone.kill() }
        let sentinel = try await RedisSentinelProcess(watching: alone, downAfter: 60_000)
        try await withClient(alone) { try await $0.call("REPLICAOF", "127.0.0.1", 1) }
        let client = try RedisClient(
            try RedisConfiguration(url: sentinel.url), on: RedisTestCase.loop, logger: RedisTestCase.logger)
        try await eventually("it is refused") {
            try await RedisTestCase.onLoop {
                client.lastError.map { "\($0)".contains("no master but a slave") } ?? false
            }
        }
        try await client.close().get()
        sentinel.kill()
    }

    @Test("sentinels that are not there, or do not know the name, are passed over")
    func severalSentinels() async throws {
        try await Deployment.with { deployment in
            let url = "redis-sentinel://127.0.0.1:1,127.0.0.1:\(deployment.sentinel.port)/main"
            let client = try RedisClient(
                try RedisConfiguration(url: url), on: RedisTestCase.loop, logger: RedisTestCase.logger)
            #expect(try await client.call("PING").string == "PONG")
            try await client.close().get()
            let stranger = try RedisClient(
                try RedisConfiguration(url: "redis-sentinel://127.0.0.1:\(deployment.sentinel.port)/other"),
                on: RedisTestCase.loop, logger: RedisTestCase.logger)
            let call = stranger.send(RedisCommand("PING"), timeout: .after(.seconds(5)))
            let error = await #expect(throws: RedisError.self) { try await call.get() }
            #expect(error.map { "\($0)".contains("does not know the master other") } == true)
            try await stranger.close().get()
        }
    }

    private struct Deployment {
        let master: RedisServerProcess
        let replica: RedisServerProcess
        let sentinel: RedisSentinelProcess

        static func with(_ body: (Deployment) async throws -> Void) async throws {
            let master = try await RedisServerProcess(arguments: ["--repl-diskless-sync-delay", "0"])
            let replica = try await RedisServerProcess(
                arguments: ["--replicaof", "127.0.0.1 \(master.port)", "--repl-diskless-sync-delay", "0"])
            defer {
                master.kill()
                replica.kill()
            }
            try await withClient(master) { client in
                try await eventually("the replica follows") {
                    try await client.call("WAIT", 1, 100).integer == 1
                }
            }
            let sentinel = try await RedisSentinelProcess(watching: master)
            defer { sentinel.kill() }
            var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: sentinel.port))
            configuration.clientName = "test"
            let client = try RedisClient(configuration, on: RedisTestCase.loop, logger: RedisTestCase.logger)
            try await eventually("the sentinel knows the replica") {
                try await client.call("SENTINEL", "REPLICAS", "main").array?.first?.map?["flags"]?.string == "slave"
            }
            try await client.close().get()
            try await body(Deployment(master: master, replica: replica, sentinel: sentinel))
        }

        func broker() throws -> RedisBroker {
            try RedisBroker(
                try RedisConfiguration(url: sentinel.url), on: MultiThreadedEventLoopGroup.singleton.next(),
                logger: RedisTestCase.logger)
        }

        /// Waits until the replica has everything.
        func replicate() async throws {
            try await withClient(master) { client in
                try await client.call("SET", "mark", 1)
                try await eventually("all is replicated") { try await client.call("WAIT", 1, 1000).integer == 1 }
            }
        }
    }
}

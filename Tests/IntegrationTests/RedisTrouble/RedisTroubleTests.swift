import Foundation
import Logging
import NIOCore
import NIOPosix
import Shared
import Synchronization
import TestSupport
import Testing

/// What Redis may do to its clients, short of answering.
@Suite("Redis in trouble", .timeLimit(.minutes(1)))
struct RedisTroubleTests {
    @Test("after a restart without data everybody is told that the request is lost, and nothing hangs")
    func restartWithoutData() async throws {
        try await BrokerLab.with(.redis) { lab in
            let redis = try #require(lab.redis)
            let (job, delivery) = try await running(lab)
            let seen = Mutex<[StopSubscriber.Event]>([])
            let stops = try await lab.frontend.eventLoop.submit {
                StopSubscriber(broker: lab.frontend, request: job.requestID) { event in
                    seen.withLock { $0.append(event) }
                }
            }.get()
            try await lab.frontend.eventLoop.flatSubmit { stops.confirmed }.get()
            let reader = Task { try await TokenStream(broker: lab.frontend, request: job.requestID).text() }
            try await eventually("the reader follows") {
                try await lab.worker.audience(of: job.requestID).get().viewers == 1
            }
            // A worker that says on and on, and publishes what no log takes any more.
            let writer = Task {
                for index in UInt64(2)... {
                    let outcome = try await answered { try await lab.append(job.requestID, 1, index, "b ") }
                    guard outcome == .written else { return outcome }
                }
                return .written
            }
            redis.kill()
            try await redis.start()
            #expect(try await writer.value == .fenced)
            let error = await #expect(throws: BrokerError.self) { try await reader.value }
            #expect(error?.code == .notFound)
            #expect(error?.message == "the request was lost")
            try await eventually("the watch ends") { seen.withLock { $0 } == [.ended] }
            #expect(try await lab.worker.renew(delivery, attempt: 1, worker: "w1").get() == .lost)
            #expect(try await lab.finish(job.requestID, 1) == nil)
            #expect(try await lab.worker.release(delivery, attempt: 1, worker: "w1").get() == .lost)
            let stop = await #expect(throws: BrokerError.self) {
                try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            }
            #expect(stop?.code == .notFound)
            // And the queue works again.
            let next = lab.job()
            try await lab.submit(next)
            #expect(try await lab.take().job == next)
        }
    }

    @Test("a request that vanishes without a word is found to be lost by who hears nothing for a while")
    func vanishedRequest() async throws {
        try await BrokerLab.with(.redis) { lab in
            let (job, _) = try await running(lab)
            let failures = Mutex<[String]>([])
            let subscriber = try await lab.frontend.eventLoop.submit {
                let subscriber = TokenSubscriber(
                    broker: lab.frontend, request: job.requestID, after: .start, silence: .milliseconds(100)
                ) { event in
                    if case .failed(let error) = event { failures.withLock { $0.append(error.message) } }
                }
                subscriber.start()
                return subscriber
            }.get()
            try await Task.sleep(for: .milliseconds(400))
            #expect(failures.withLock { $0 }.isEmpty, "a silent request is not a lost one")
            try await withClient(#require(lab.redis)) { try await $0.call("FLUSHALL") }
            try await eventually("the loss is found") { failures.withLock { $0 } == ["the request was lost"] }
            lab.frontend.eventLoop.execute { subscriber.cancel() }
        }
    }

    @Test("when the memory is full a submission is refused and a chunk waits, but stops and endings go through")
    func outOfMemory() async throws {
        try await BrokerLab.with(.redis) { lab in
            let (stopped, _) = try await running(lab)
            let (finished, _) = try await running(lab)
            let (released, delivery) = try await running(lab)
            let queued = lab.job()
            try await lab.submit(queued)
            let waiting = lab.job()
            try await lab.submit(waiting)
            let last = try await lab.take()
            try await withClient(#require(lab.redis)) { client in
                try await client.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
                try await client.call("CONFIG", "SET", "maxmemory", 1)
                #expect(await code { try await lab.submit(lab.job()) } == .overloaded)
                #expect(await code { try await lab.append(stopped.requestID, 1, 2, "b ") } == .overloaded)
                let receipt = try await lab.frontend.stop(
                    stopped.requestID, intent: StopIntent(by: .user), owner: "ada"
                ).get()
                #expect(receipt.outcome == .stopped)
                #expect(try await lab.finish(stopped.requestID, 1)?.state == .cancelled)
                #expect(try await lab.finish(finished.requestID, 1)?.state == .completed)
                #expect(try await lab.worker.release(delivery, attempt: 1, worker: "w1").get() == .held)
                #expect(
                    try await lab.frontend.stop(released.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                        .outcome == .dequeued)
                guard case .claimed = try await lab.worker.claim(last, worker: "w1").get() else {
                    Issue.record("a job cannot be claimed")
                    return
                }
                try await client.call("CONFIG", "SET", "maxmemory", 0)
                #expect(try await lab.append(last.job.requestID, 1, 1, "a ") == .written)
            }
            #expect(try await lab.message(stopped.requestID)?.content == "a ")
            #expect(try await lab.message(finished.requestID)?.isComplete == true)
        }
    }

    @Test("when the disk is full writes wait; reading and listening go on, also on new connections")
    func fullDisk() async throws {
        try await BrokerLab.with(.redis) { lab in
            let redis = try #require(lab.redis)
            let (job, _) = try await running(lab)
            try await withClient(redis) { client in
                try await client.call("CONFIG", "SET", "save", "1 1")
                // Redis cannot save where there is no directory any more. It may be saving into it while it is removed.
                try await eventually("the directory is gone") {
                    try? FileManager.default.removeItem(at: redis.directory)
                    return !FileManager.default.fileExists(atPath: redis.directory.path)
                }
                _ = try? await client.call("BGSAVE")
                try await eventually("Redis refuses writes") {
                    await RedisTestCase.code { try await client.call("SET", "a", "b") } == .redis(kind: "MISCONF")
                }
                #expect(
                    await code {
                        try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                    } == .unavailable)
                let heard = Mutex(0)
                let listening = lab.worker.listenForStops(of: job.requestID) { event in
                    if case .signal = event { heard.withLock { $0 += 1 } }
                }
                try await listening.confirmed.get()
                try await severConnections(of: redis)
                try await eventually("an operator is heard on a new connection") {
                    _ = try await publish(redis, "stop:\(job.requestID)", "stop")
                    return heard.withLock { $0 } > 0
                }
                #expect(try await answered { try await lab.message(job.requestID) }?.content == "a ")
                listening.cancel()
            }
            try await withClient(redis) { client in
                try await client.call("CONFIG", "SET", "save", "")
                try await eventually("a stop goes through when there is room") {
                    try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                        .outcome == .stopped
                }
            }
        }
    }

    @Test("while Redis loads its data, calls wait; what is loaded is there")
    func loading() async throws {
        let redis = try await RedisServerProcess(arguments: [
            "--appendonly", "yes", "--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024",
        ])
        defer { redis.kill() }
        try await withClient(redis) { client in
            for index in 0..<2000 { try await client.call("SET", .string("key:\(index)"), .integer(index)) }
            try await client.call("SET", "kept", "yes")
        }
        let client = try RedisTestCase.client(redis)
        try await client.call("PING")
        redis.kill()
        try await redis.start()
        let waiting = client.send(RedisCommand("GET", "kept"), timeout: .after(.seconds(30)))
        try await eventually("the client hears that Redis loads") {
            try await RedisTestCase.onLoop { client.lastError?.isRedis("LOADING") == true }
        }
        #expect(try await waiting.get().string == "yes")
        try await client.close().get()
    }

    @Test("a master that becomes a replica refuses what writes, until it is a master again")
    func readOnly() async throws {
        try await BrokerLab.with(.redis) { lab in
            let (job, _) = try await running(lab)
            try await withClient(#require(lab.redis)) { client in
                // Of a master that is not there, so that the data stays.
                try await client.call("REPLICAOF", "127.0.0.1", 1)
                #expect(
                    await code {
                        try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                    } == .unavailable)
                #expect(await code { try await lab.append(job.requestID, 1, 2, "b ") } == .unavailable)
                try await client.call("REPLICAOF", "NO", "ONE")
                let outcome = try await answered {
                    try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                }.outcome
                #expect(outcome == .stopped)
            }
        }
    }

    @Test("CLIENT PAUSE delays a stop and loses none")
    func paused() async throws {
        try await BrokerLab.with(.redis) { lab in
            let (job, _) = try await running(lab)
            try await withClient(#require(lab.redis)) { try await $0.call("CLIENT", "PAUSE", 700, "ALL") }
            let outcome = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                .outcome
            #expect(outcome == .stopped)
            #expect(try await lab.append(job.requestID, 1, 2, "b ") == .sealed)
        }
    }

    @Test(
        "a wrong password is told at once, and cured without a restart",
        arguments: ["redis://:wrong@", "redis://u:x@", "redis://"])
    func wrongPassword(scheme: String) async throws {
        let redis = try await RedisServerProcess(arguments: ["--requirepass", "right"])
        defer { redis.kill() }
        var configuration = try RedisConfiguration(url: "\(scheme)127.0.0.1:\(redis.port)")
        // Far longer than it takes to be told, also on a machine with much else to do.
        configuration.connectTimeout = .seconds(60)
        configuration.commandTimeout = .seconds(60)
        let broker = try RedisBroker(configuration, on: RedisTestCase.loop, logger: RedisTestCase.logger)
        let start = ContinuousClock.now
        let error = await #expect(throws: BrokerError.self) { try await broker.ping().get() }
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(error?.code == .unavailable)
        #expect(error?.message == "Redis refuses the user or the password")
        let state = try await broker.eventLoop.submit { broker.connections }.get()
        #expect(state.failure?.contains("authentication_failed") == true)
        var right = redis.configuration
        right.password = "right"
        let operators = try RedisClient(right, on: RedisTestCase.loop, logger: RedisTestCase.logger)
        switch configuration.password {
        case "wrong": try await operators.call("ACL", "SETUSER", "default", ">wrong")
        case nil: try await operators.call("ACL", "SETUSER", "default", "nopass")
        default: try await operators.call("ACL", "SETUSER", "u", "on", ">x", "+@all", "~*", "&*")
        }
        try await eventually("the broker answers") { (try? await broker.ping().get()) != nil }
        try await operators.close().get()
        await broker.close()
    }

    @Test("a database that is not there is told at once")
    func wrongDatabase() async throws {
        let redis = try await RedisServerProcess(arguments: ["--databases", "2"])
        defer { redis.kill() }
        let client = try RedisTestCase.client(redis) { $0.database = 7 }
        #expect(await RedisTestCase.code { try await client.call("PING") } == .invalidConfiguration)
        try await client.close().get()
    }

    @Test("settings by which Redis may lose what it is given are found, also where an ACL hides them")
    func weaknesses() async throws {
        try await BrokerLab.with(.redis) { lab in
            #expect(try await lab.frontend.weaknesses().get().map(\.setting) == ["appendonly"])
            try await withClient(#require(lab.redis)) { client in
                try await client.call("CONFIG", "SET", "appendonly", "yes")
                #expect(try await lab.frontend.weaknesses().get() == [])
                try await client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
                try await client.call("ACL", "SETUSER", "default", "-info")
                let found = try await lab.frontend.weaknesses().get()
                #expect(found.map(\.setting) == ["maxmemory-policy"])
                #expect(found.first?.finding.contains("allkeys-lru") == true)
                try await client.call("ACL", "SETUSER", "default", "-config|get")
                let hidden = try await lab.frontend.weaknesses().get()
                #expect(hidden.map(\.setting) == ["maxmemory-policy", "appendonly"])
                #expect(hidden.allSatisfy { $0.finding.hasPrefix("not known") })
            }
        }
    }

    // MARK: -

    /// A request that has said `a `.
    private func running(_ lab: BrokerLab) async throws -> (GenerationJob, JobDelivery) {
        let job = lab.job()
        let delivery = try await lab.start(job)
        #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
        return (job, delivery)
    }

    private func code(_ body: () async throws -> some Any) async -> BrokerError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? BrokerError)?.code
        }
    }
}

extension TokenStream {
    /// All it says, to its end.
    func text() async throws -> String {
        var text = ""
        for try await entry in self { if case .chunk(let chunk, _) = entry.body { text += chunk } }
        return text
    }
}

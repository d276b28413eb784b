import Logging
import NIOCore
import NIOPosix
import Shared
import Synchronization
import TestSupport
import Testing

/// What only the broker on Redis has to show.
@Suite("Broker on Redis", .timeLimit(.minutes(2)))
struct RedisBrokerTests {
    @Test("every key has a time to live")
    func timesToLive() async throws {
        try await BrokerLab.with(.redis) { lab in
            let ended = lab.job()
            _ = try await lab.start(ended)
            _ = try await lab.append(ended.requestID, 1, 1, "a ")
            _ = try await lab.finish(ended.requestID, 1)
            let running = lab.job()
            let delivery = try await lab.start(running)
            _ = try await lab.append(running.requestID, 1, 1, "a ")
            _ = try await lab.worker.renew(delivery, attempt: 1, worker: "w1").get()
            try await lab.submit(lab.job(limits: TimeLimits(queue: 1000, total: 1000)))
            #expect(try await lab.frontend.count(running.requestID, of: "ada", limit: 9).get() == .counted)
            try await lab.worker.forbid(.random(), intent: StopIntent(by: .parent)).get()
            try await lab.frontend.viewersLeft(.random()).get()
            _ = try await lab.worker.announce(
                NodeRecord(id: "w1", role: .worker, host: "h", pid: 1, queue: lab.queue, startedAt: .now())
            ).get()
            try await withClient(#require(lab.redis)) { client in
                let keys = try await client.call("KEYS", "*").array ?? []
                #expect(keys.count > 8)
                for key in keys.compactMap(\.string) {
                    let seconds = try await client.call("TTL", .string(key)).integer ?? -1
                    #expect(seconds > 0, "\(key) has no time to live")
                }
            }
        }
    }

    @Test("the stream of jobs is cut behind what is done, and its lag stays known")
    func trimming() async throws {
        try await BrokerLab.with(.redis) { lab in
            for _ in 0..<300 {
                let delivery = try await lab.start(lab.job())
                _ = try await lab.finish(delivery.job.requestID, 1)
                try await lab.worker.acknowledge(delivery).get()
            }
            let waiting = lab.job()
            try await lab.submit(waiting)
            _ = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w1", idle: .hours(1), limit: 1).get()
            try await withClient(#require(lab.redis)) { client in
                try await eventually("the stream is short") {
                    try await client.call("XLEN", "jobs:q").integer ?? .max < 150
                }
                let group = try await client.call("XINFO", "GROUPS", "jobs:q")[0]?.map
                #expect(group?["lag"]?.integer == 1)
            }
            #expect(try await lab.take().job.requestID == waiting.requestID)
        }
    }

    @Test("an entry that Penstock did not write is put away")
    func unreadableJob() async throws {
        try await BrokerLab.with(.redis) { lab in
            _ = try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(10))
            try await withClient(#require(lab.redis)) { client in
                try await client.call("XADD", "jobs:q", "*", "who", "me")
                let taken = try await lab.worker.takeJobs(
                    queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(50))
                #expect(taken.isEmpty)
                try await eventually("the entry is dead") { try await client.call("XLEN", "dead:q").integer == 1 }
                try await eventually("the entry is acknowledged") {
                    try await client.call("XPENDING", "jobs:q", "workers")[0]?.integer == 0
                }
            }
        }
    }

    @Test("a job that cannot be read ends its request as failed")
    func unreadableJobOfARequest() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            try await lab.submit(job)
            try await withClient(#require(lab.redis)) { client in
                let id = try #require(try await lab.frontend.request(job.requestID).get()?.jobEntryID)
                try await client.call("DEL", "jobs:q")
                _ = try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(10))
                try await client.call(
                    "XADD", "jobs:q", .string(id), "id", .string(job.requestID.text), "job", "{\"from\": \"later\"}")
                let taken = try await lab.worker.takeJobs(
                    queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(50))
                #expect(taken.isEmpty)
                try await eventually("the entry is dead") { try await client.call("XLEN", "dead:q").integer == 1 }
                #expect(try await client.call("XPENDING", "jobs:q", "workers")[0]?.integer == 0)
            }
            #expect(try await lab.endings(job.requestID).map(\.state) == [.failed])
            #expect(try await lab.message(job.requestID)?.error?.message == "the job cannot be read")
            let dead = try await lab.frontend.deadJobs(queue: lab.queue, limit: 9).get()
            #expect(dead.map(\.requestID) == [job.requestID] && dead.map(\.reason) == ["unreadable"])
        }
    }

    @Test("a job whose frontend died before it was queued is queued by a repeated submission")
    func forgottenJob() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            try await lab.submit(job)
            try await withClient(#require(lab.redis)) { client in
                // As if the frontend had died between the two steps of a submission.
                try await client.call("DEL", "jobs:q")
                try await client.call("HDEL", .string("request:{\(job.requestID)}"), "job")
                #expect(try await lab.frontend.request(job.requestID).get()?.jobEntryID == nil)
                #expect(try await lab.submit(job) == .joined(job.sessionID))
                #expect(try await lab.take().job.requestID == job.requestID)
                #expect(try await lab.submit(job) == .joined(job.sessionID))
                #expect(try await client.call("XLEN", "jobs:q").integer == 1)
            }
        }
    }

    @Test("a request whose job was lost is taken back where the queue is full")
    func forgottenJobWithoutRoom() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            try await lab.submit(job)
            try await withClient(#require(lab.redis)) { client in
                try await client.call("DEL", "jobs:q")
                try await client.call("HDEL", .string("request:{\(job.requestID)}"), "job")
            }
            #expect(try await lab.submit(job, limit: 0) == .joined(job.sessionID))
            try await eventually("it is taken back") { try await lab.frontend.request(job.requestID).get() == nil }
            #expect(try await lab.submit(job) == .accepted(QueuePlace(number: 1, position: 1)))
        }
    }

    @Test("where Redis cannot write, it does not tell either")
    func outOfMemory() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let told = Mutex(0)
            let feed = lab.frontend.followTokens(of: job.requestID) { event in
                if case .entry = event { told.withLock { $0 += 1 } }
            }
            try await feed.confirmed.get()
            try await withClient(#require(lab.redis)) { client in
                try await client.call("CONFIG", "SET", "maxmemory", "1")
                let error = await #expect(throws: BrokerError.self) { try await lab.append(job.requestID, 1, 1, "a ") }
                #expect(error?.code == .overloaded)
                try await client.call("CONFIG", "SET", "maxmemory", "0")
            }
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            try await eventually("the chunk is told") { told.withLock { $0 } > 0 }
            #expect(told.withLock { $0 } == 1)
            feed.cancel()
        }
    }

    @Test("what the user said is saved by a repeated submission, if the first one could not")
    func forgottenMessage() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job("what I said")
            try await lab.submit(job)
            try await withClient(#require(lab.redis)) { client in
                try await eventually("it is noted that it is saved") {
                    try await client.call("HGET", .string("request:{\(job.requestID)}"), "saved").string == "1"
                }
                try await client.call(
                    "DEL", .string("session:{\(job.sessionID)}"), .string("session:{\(job.sessionID)}:messages"))
                try await client.call("HDEL", .string("request:{\(job.requestID)}"), "saved")
            }
            #expect(try await lab.submit(job) == .joined(job.sessionID))
            try await eventually("the conversation is back") {
                try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 1000).get().map(\.content)
                    == ["what I said", ""]
            }
            #expect(try await lab.frontend.sessionOwner(job.sessionID).get() == "ada")
        }
    }

    @Test("what is saved again keeps its place in the conversation")
    func savedAgain() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job("first")
            try await lab.submit(job)
            var next = lab.job("second")
            next.sessionID = job.sessionID
            try await lab.submit(next)
            func conversation() async throws -> [MessageID] {
                try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 1000).get().map(\.messageID)
            }
            let before = try await conversation()
            #expect(before.count == 4 && before[1] == job.requestID.message)
            try await withClient(#require(lab.redis)) { client in
                func isNoted() async throws -> Bool {
                    try await client.call("HGET", .string("request:{\(job.requestID)}"), "saved").string == "1"
                }
                try await eventually("it is noted that it is saved", isNoted)
                // As where its frontend died in between.
                try await client.call("HDEL", .string("request:{\(job.requestID)}"), "saved")
                #expect(try await lab.submit(job) == .joined(job.sessionID))
                try await eventually("it is saved again", isNoted)
            }
            #expect(try await conversation() == before)
        }
    }

    @Test("a job that outlived its request is done with, and its message says so")
    func forgottenRequest() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            try await lab.submit(job)
            try await withClient(#require(lab.redis)) { client in
                try await client.call("DEL", .string("request:{\(job.requestID)}"))
            }
            #expect(try await lab.worker.claim(lab.take(), worker: "w1").get() == .superseded)
            #expect(try await lab.message(job.requestID)?.finishReason == "expired")
        }
    }

    @Test("a key prefix stands before every key and channel")
    func prefix() async throws {
        let server = try await RedisServerProcess()
        let broker = try RedisBroker(
            server.configuration, on: MultiThreadedEventLoopGroup.singleton.next(), keyPrefix: "acme:",
            logger: Logger(label: "test"))
        let job = GenerationJob(requestID: .random(), sessionID: .random(), owner: "ada", content: "x")
        _ = try await broker.submit(Submission(job: job, queue: "q", isNewSession: true)).get()
        try await withClient(server) { client in
            let keys = try await client.call("KEYS", "*").array ?? []
            #expect(!keys.isEmpty)
            #expect(keys.allSatisfy { $0.string?.hasPrefix("acme:") == true })
        }
        await broker.close()
    }
}

/// Runs `body` with a plain client of `server`.
func withClient(_ server: RedisServerProcess, _ body: (RedisClient) async throws -> Void) async throws {
    let client = try RedisClient(
        server.configuration, on: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "test"))
    let result: Result<Void, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    try await client.close().get()
    try result.get()
}

/// Publishes as `redis-cli` would. Returns how many heard.
func publish(_ server: RedisServerProcess, _ channel: String, _ payload: String) async throws -> Int? {
    var heard: Int?
    try await withClient(server) { heard = try await $0.call("PUBLISH", .string(channel), .string(payload)).integer }
    return heard
}

/// Cuts every connection but the one it uses.
func severConnections(of server: RedisServerProcess) async throws {
    try await withClient(server) { client in
        try await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try await client.call("CLIENT", "KILL", "TYPE", "pubsub")
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

/// An answer that is too long for a script: it ends at once all the same, and what is saved is the log.
@Suite("Long answers", .timeLimit(.minutes(2)))
struct LongAnswerTests {
    private static let failure = Ending.Failure(code: .internalError, message: "gave up")

    /// Writes entries 1 to `count` of an attempt as a worker does, two tokens each. Returns their text.
    private func write(
        _ count: Int, attempt: UInt64 = 1, tokensSoFar: Int = 0, _ request: RequestID, _ lab: BrokerLab
    ) async throws -> String {
        let chunks = (1...count).map { index in
            TokenChunk(
                id: EntryID(attempt: attempt, index: UInt64(index)), text: "\(attempt).\(index) ", tokens: 2,
                total: index % 64 == 0 ? tokensSoFar + 2 * index : nil)
        }
        #expect(try await lab.worker.append(chunks, to: request).get() == .written)
        return chunks.map(\.text).joined()
    }

    /// How the message stands in Redis: whether its text is still in the log, its text, and how long the log is kept.
    private func saved(
        _ request: RequestID, _ redis: RedisClient
    ) async throws -> (inLog: Bool, text: String?, seconds: Int) {
        let fields = try await redis.call("HMGET", .string("message:{\(request)}"), "log", "content")
        let seconds = try await redis.call("TTL", .string("tokens:{\(request)}")).integer ?? -1
        return (fields[0]?.string == "1", fields[1]?.string, seconds)
    }

    @Test(
        "whoever ends it saves its text", arguments: ["stop", "claim", "finish", "giveUp"],
        [BrokerKind.redis, .restricted])
    func isSaved(by way: String, kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let delivery = try await lab.start(job)
            let id = job.requestID
            let text = try await write(1000, id, lab)
            switch way {
            case "stop":
                _ = try await lab.worker.release(delivery, attempt: 1, worker: "w1").get()
                let receipt = try await lab.frontend.stop(id, intent: StopIntent(by: .user), owner: "ada").get()
                #expect(receipt == StopReceipt(outcome: .dequeued, last: EntryID(attempt: 1, index: 1000)))
            case "claim":
                _ = try await lab.frontend.stop(id, intent: StopIntent(by: .user), owner: "ada").get()
                #expect(try await lab.worker.claim(delivery, worker: "w2").get() == .ended(.cancelled))
            case "finish": #expect(try await lab.finish(id, 1)?.usage.outputTokens == 2000)
            default:
                #expect(try await lab.worker.giveUp(delivery, failure: Self.failure).get() == .givenUp)
            }
            #expect(try await lab.message(id)?.content == text)
            #expect(try await lab.message(id)?.usage?.outputTokens == 2000)
            #expect(try await lab.endings(id).count == 1)
            guard kind == .redis else { return }
            try await withClient(#require(lab.redis)) { redis in
                try await eventually("the text is saved") { try await !saved(id, redis).inLog }
                #expect(try await saved(id, redis).text == text)
                try await eventually("the log goes") { try await 1...900 ~= saved(id, redis).seconds }
            }
        }
    }

    @Test("whoever takes the job saves its text, where the one who ended it died before")
    func isSavedByTheNext() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            let delivery = try await lab.start(job)
            let id = job.requestID
            let text = try await write(1000, id, lab)
            _ = try await lab.worker.release(delivery, attempt: 1, worker: "w1").get()
            try await withClient(#require(lab.redis)) { redis in
                let keys: [RedisArgument] = [
                    .string("request:{\(id)}"), .string("tokens:{\(id)}"), .string("message:{\(id)}"),
                ]
                // The script alone.
                _ = try await redis.evaluate(
                    RedisScripts.stop, keys: keys,
                    args: [.string("tokens:\(id)"), .string("stop:\(id)"), "ada", "stop", "user", "", ""]
                ).get()
                #expect(try await saved(id, redis).inLog)
                #expect(try await saved(id, redis).text == "")
                #expect(try await saved(id, redis).seconds > 900)
                // Readers need not wait.
                #expect(try await lab.message(id)?.content == text)
                #expect(try await lab.message(id)?.finishReason == "cancelled")
                let said = try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 100).get()
                #expect(said.map(\.content) == [text])

                #expect(try await lab.worker.claim(delivery, worker: "w2").get() == .ended(.cancelled))
                #expect(try await !saved(id, redis).inLog)
                #expect(try await saved(id, redis).text == text)
                #expect(try await 1...900 ~= saved(id, redis).seconds)
            }
        }
    }

    @Test("tokens are counted from the last total, over attempts and restarts")
    func counts() async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            var delivery = try await lab.start(job)
            let id = job.requestID
            var text = ""
            for attempt in 1...4 as ClosedRange<UInt64> {
                text += try await write(150, attempt: attempt, tokensSoFar: Int(attempt - 1) * 300, id, lab)
                let again = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w", idle: .zero, limit: 1)
                    .get()
                delivery = try #require(again.first)
                #expect(
                    try await lab.worker.claim(delivery, worker: "w").get()
                        == .claimed(attempt: attempt + 1, text: text, tokens: Int(attempt) * 300))
            }
            let restart = TokenChunk.restart(EntryID(attempt: 5, index: 1))
            #expect(try await lab.worker.append([restart], to: id).get() == .written)
            #expect(try await lab.append(id, 5, 2, "new ") == .written)
            _ = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w", idle: .zero, limit: 1).get()
            #expect(
                try await lab.worker.claim(delivery, worker: "w").get() == .claimed(attempt: 6, text: "new ", tokens: 1)
            )
            #expect(try await lab.append(id, 6, 1, "end") == .written)
            #expect(try await lab.finish(id, 6)?.usage.outputTokens == 2)
            #expect(try await lab.message(id)?.content == "new end")
        }
    }

    @Test("a worker's knowledge is completed from the log", arguments: [0, 5, 200])
    func knowledge(behind: Int) async throws {
        try await BrokerLab.with(.redis) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let id = job.requestID
            let text = try await write(1000, id, lab)
            let known = (1...1000 - behind).map { "1.\($0) " }.joined()
            let content = LogContent(
                last: EntryID(attempt: 1, index: UInt64(1000 - behind)), text: known, tokens: 2 * (1000 - behind))
            let ending = try await lab.worker.finish(
                id, attempt: 1, ending: AttemptEnding(state: .completed, finishReason: "stop", known: content)
            ).get()
            #expect(ending?.usage.outputTokens == 2000)
            #expect(try await lab.message(id)?.content == text)
            try await withClient(#require(lab.redis)) { redis in
                let saved = try await saved(id, redis)
                #expect(saved.text == text && !saved.inLog)
            }
        }
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct CountGeneratorTests {
    private let lab = JobLab()

    private func count(_ count: Int, every interval: JSONValue) -> [String: JSONValue] {
        ["count": .integer(Int64(count)), "interval_ms": interval]
    }

    private func expected(_ count: Int) -> String { (0..<count).map { "\($0) " }.joined() }

    @Test func itCountsWithoutPause() async throws {
        let delivery = try await lab.delivery(count(20_000, every: .integer(0)))
        try await lab.run(lab.runner(delivery, CountGenerator()))
        let id = delivery.job.requestID
        #expect(lab.text(id) == expected(20_000))
        #expect(try await lab.message(id)?.usage?.outputTokens == 20_000)
        #expect(lab.endings(id).first?.finishReason == "stop")
        #expect(lab.chunkIDs(id).count < 20_000)
    }

    @Test func nothingIsAnAnswerToo() async throws {
        let delivery = try await lab.delivery(count(0, every: .integer(100)))
        try await lab.run(lab.runner(delivery, CountGenerator()))
        #expect(lab.endings(delivery.job.requestID).map(\.state) == [.completed])
        #expect(lab.text(delivery.job.requestID).isEmpty)
    }

    @Test func itKeepsItsPaceWithoutDrift() async throws {
        let delivery = try await lab.delivery(count(41, every: .number(2.5)))
        let start = ContinuousClock.now
        try await lab.run(lab.runner(delivery, CountGenerator()))
        #expect(ContinuousClock.now - start >= .milliseconds(100))
        #expect(lab.text(delivery.job.requestID) == expected(41))
    }

    @Test func itTellsTheTimeWhereAsked() async throws {
        let before = Timestamp.now()
        let delivery = try await lab.delivery([
            "count": .integer(50), "interval_ms": .integer(0), "timestamps": .bool(true),
        ])
        try await lab.run(lab.runner(delivery, CountGenerator()))
        let after = Timestamp.now()
        var last = before.microseconds
        let words = lab.text(delivery.job.requestID).split(separator: " ")
        #expect(words.count == 50)
        for (number, word) in words.enumerated() {
            let parts = word.split(separator: "@")
            try #require(parts.count == 2 && parts[0] == "\(number)")
            let time = try #require(Int64(parts[1]))
            #expect(last <= time && time <= after.microseconds)
            last = time
        }
    }

    @Test func aStopEndsTheWaitForTheNextNumber() async throws {
        let delivery = try await lab.delivery(count(1000, every: .integer(3_600_000)))
        let id = delivery.job.requestID
        // It would take an hour otherwise.
        try await lab.run(lab.runner(delivery, CountGenerator())) {
            try await eventually { lab.text(id) == "0 " }
            try await lab.stop(id)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test func aStopOfAnEndlessCountEndsIt() async throws {
        let delivery = try await lab.delivery(count(10_000_000, every: .integer(0)))
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, CountGenerator()) { $0.answer.bytes = 1 << 30 }) {
            try await eventually { !lab.text(id).isEmpty }
            try await lab.stop(id)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        let text = lab.text(id)
        #expect(try await lab.message(id)?.content == text)
        #expect(text == expected(text.utf8.count { $0 == UInt8(ascii: " ") }))
    }

    @Test(arguments: [
        ("count", JSONValue.integer(10_000_001)), ("count", .integer(-1)), ("count", .number(1.5)),
        ("count", .string("ten")), ("interval_ms", .integer(-1)), ("interval_ms", .number(3_600_000.5)),
        ("interval_ms", .bool(true)), ("timestamps", .integer(1)),
    ])
    func badParametersAreNamed(_ name: String, _ value: JSONValue) throws {
        let job = GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "me", content: "", parameters: [name: value])
        let error = #expect(throws: GenerationError.self) {
            try CountGenerator().generate(
                GenerationRequest(job: job), context: RequestContext(id: job.requestID), on: lab.shard)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("parameters.\(name)") == true)
    }
}

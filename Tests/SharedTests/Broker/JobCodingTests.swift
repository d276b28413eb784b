import Testing

@testable import Shared

@Suite struct JobCodingTests {
    /// A job as earlier versions wrote it, and may read it.
    private let text =
        #"{"time_limits":{"total_ms":60000},"content":"a\/b \"é\"","on_disconnect":30,"parameters":{"seed":9007199254740993,"stop":["x",null],"temperature":0.7},"owner":"ada","history":[{"role":"user","content":"x"},{"content":"y\n","role":"assistant"}],"submitted_at":"2026-01-31T23:59:59.123456Z","parent":"3f2504e0-4f89-41d3-9a0c-0305e82c3303","model":"m","request_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","session_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3302"}"#

    private func job() throws -> GenerationJob {
        GenerationJob(
            requestID: try #require(RequestID("3f2504e0-4f89-41d3-9a0c-0305e82c3301")),
            sessionID: try #require(SessionID("3f2504e0-4f89-41d3-9a0c-0305e82c3302")), owner: "ada",
            content: "a/b \"é\"",
            history: [.init(role: "user", content: "x"), .init(role: "assistant", content: "y\n")],
            model: "m",
            parameters: [
                "seed": .integer(9_007_199_254_740_993), "stop": .array([.string("x"), .null]),
                "temperature": .number(0.7),
            ], parent: RequestID("3f2504e0-4f89-41d3-9a0c-0305e82c3303"), disconnectGrace: 30,
            timeLimits: TimeLimits(total: 60_000),
            submittedAt: try #require(Timestamp(iso8601: "2026-01-31T23:59:59.123456Z")))
    }

    private func value(_ bytes: [UInt8]) throws -> JSONValue { try bytes.withUnsafeBytes { try JSONValue(json: $0) } }

    @Test func jobsInTheQueueStayReadable() throws {
        #expect(try JobCoding.decode(Array(text.utf8)) == job())
        // And what is written now says the same to those who read it by any other means.
        #expect(try value(JobCoding.encode(job())) == value(Array(text.utf8)))
    }

    @Test func whatIsNotThereIsNotWritten() throws {
        let plain = GenerationJob(requestID: .random(), sessionID: .random(), owner: "", content: "")
        #expect(try JobCoding.decode(JobCoding.encode(plain)) == plain)
        guard case .object(let members) = try value(JobCoding.encode(plain)) else { return }
        #expect(
            members.keys.sorted() == [
                "content", "history", "owner", "parameters", "request_id", "session_id", "submitted_at",
            ])
    }

    @Test(arguments: ["", "{}", "[]", "null", "7"]) func whatIsNoJobIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JobCoding.decode(Array(text.utf8)) }
    }

    @Test func aJobThatLacksAnythingIsRefused() {
        for member in [
            "time_limits", "owner", "content", "parameters", "history", "request_id", "session_id", "submitted_at",
        ] {
            let lacking = text.replacing("\"\(member)\":", with: "\"x\":", maxReplacements: 1)
            if member == "time_limits" {
                #expect(throws: Never.self) { try JobCoding.decode(Array(lacking.utf8)) }
            } else {
                #expect(throws: JSONError.self) { try JobCoding.decode(Array(lacking.utf8)) }
            }
        }
    }
}

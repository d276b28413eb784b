import NIOHTTP1
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("An answer") struct AnswerTests {
        @Test("comes chunk by chunk and is saved as it came, in its conversation")
        func completes() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)

                let stream = try await client.send(count: 20, interval: 5, content: "Count to twenty.")
                let first = try await stream.ended()
                #expect(first.text == counted(20))
                let end = try #require(first.complete).metadata
                #expect(end.isComplete && end.finishReason == "stop" && end.stop == nil)
                #expect(end.usage.outputTokens == 20)
                try await expectSavedAsReceived(stream, at: frontend.http)

                let session = try #require(first.starts.first).sessionID
                let second = try await client.send(count: 3, interval: 0, content: "And three.", session: session)
                try await second.ended()
                #expect(second.text == counted(3))
                let answer = try await frontend.http.call(.GET, "/sessions/\(session)/messages")
                let messages = try answer.decode([String: [MessageRecord]].self)["messages"] ?? []
                #expect(messages.map(\.content) == ["Count to twenty.", counted(20), "And three.", counted(3)])
                #expect(messages.map(\.role) == ["user", "assistant", "user", "assistant"])
            }
        }

        @Test("made as fast as it goes is whole")
        func unlimited() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let stream = try await lab.client(of: frontend).send(count: 20_000, interval: 0)
                try await stream.ended()
                #expect(stream.text == counted(20_000))
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        @Test("asked for twice by the same id is made once, and both who asked see it")
        func sameID() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let other = try await lab.client(of: frontend)

                let stream = try await client.send(count: 1000, interval: 10)
                try await stream.chunks(3)
                _ = try await client.send(count: 1000, interval: 10, id: stream.id)
                try await stream.until("a second start") { $0.starts.count == 2 }
                let joined = try await other.send(count: 1000, interval: 10, id: stream.id)
                try await joined.chunks(3)
                try await stream.stop()
                try await stream.ended()
                try await joined.ended()

                #expect(stream.text.numbersCounted != nil)
                #expect(joined.text == stream.text)
                try await expectSavedAsReceived(stream, at: frontend.http)
                #expect(try await lab.redisCLI("XLEN", "jobs:default") == "1")
            }
        }
    }
}

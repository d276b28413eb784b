import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A lost connection") struct ResumeTests {
        @Test("costs nothing: at another frontend the answer goes on where it was")
        func resumes() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                async let other = lab.frontend()
                let frontend = try await lab.frontend()
                let elsewhere = try await other
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let first = try await client.send(count: 100, interval: 10)
                try await first.chunks(5)
                try await client.cut()
                let seen = first.transcript

                let second = try await lab.client(of: elsewhere).resume(first.id, after: seen.cursor)
                let rest = try await second.ended()
                #expect(rest.starts.first?.resumed == true)
                #expect(rest.starts.first?.sessionID == seen.starts.first?.sessionID)
                #expect(seen.text + rest.text == counted(100))
                #expect(rest.complete?.metadata.isComplete == true)
                #expect(try await elsewhere.http.message(first.id.message).content == counted(100))

                // Also when it has ended, from the beginning, and from the last cursor.
                let third = try await lab.client(of: frontend)
                let whole = try await third.resume(first.id)
                try await whole.ended()
                #expect(whole.text == counted(100))
                let nothing = try await lab.client(of: frontend).resume(first.id, after: rest.cursor)
                try await nothing.ended()
                #expect(nothing.text.isEmpty)
            }
        }

        @Test("does not keep the answer from being stopped where it is resumed")
        func stopsAfterResume() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                async let other = lab.frontend()
                let frontend = try await lab.frontend()
                let elsewhere = try await other
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let first = try await client.send(count: 1000, interval: minute)
                try await first.chunks(1)
                try await client.cut()
                let second = try await lab.client(of: elsewhere).resume(first.id, after: first.transcript.cursor)
                try await second.started()
                #expect(try await second.stop().outcome == .stopped)
                #expect(try await second.ended().wasCancelled)
                #expect(try await elsewhere.http.message(first.id.message).content == "0 ")
            }
        }

        @Test("stops the answer by itself where no grace is given")
        func stopsWithoutGrace() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend("--disconnect-grace", "0")
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 1000, interval: minute)
                try await stream.chunks(1)
                try await client.cut()
                try await eventually("it is stopped", within: .seconds(30)) {
                    try await frontend.http.message(stream.id.message).finishReason != nil
                }
                let saved = try await frontend.http.message(stream.id.message)
                #expect(saved.finishReason == "cancelled" && saved.stop?.by == .disconnect)
                #expect(saved.content == "0 " && !saved.isComplete)
            }
        }
    }
}

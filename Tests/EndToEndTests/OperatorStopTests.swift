import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("redis-cli PUBLISH stop:<id>") struct OperatorStopTests {
        @Test("prints 1 for a queued request, which ends without a worker")
        func queued() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 5, interval: 0)
                try await stream.started()
                #expect(try await lab.publishStop(stream.id) == 1)
                let transcript = try await stream.ended()
                #expect(transcript.wasCancelled && transcript.text.isEmpty)
                #expect(transcript.stop?.by == .operator && transcript.stop?.mode == .stop)
                try await expectSavedAsReceived(stream, at: frontend.http)

                // A worker that comes later leaves it alone, and takes what comes next.
                _ = try await lab.worker()
                let next = try await client.send(count: 5, interval: 0)
                try await next.ended()
                #expect(next.text == counted(5))
                try await eventually("nothing is left to do") {
                    try await lab.redisCLI("XPENDING", "jobs:default", "workers").hasPrefix("0")
                }
                #expect(stream.transcript.chunks.isEmpty)
            }
        }

        @Test(
            "prints 2 or more for a running request, and keeps what it says as mode or reason",
            arguments: [
                ("stop", StopIntent.Mode.stop, nil), ("kill", .kill, nil),
                ("ops: GPU 7 is burning \"now\" — très chaud", .stop, "ops: GPU 7 is burning \"now\" — très chaud"),
            ])
        func running(word: String, mode: StopIntent.Mode, reason: String?) async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let stream = try await lab.client(of: frontend).send(count: 1000, interval: minute)
                try await stream.chunks(1)
                #expect(try await lab.publishStop(stream.id, word) >= 2)
                let transcript = try await stream.ended()
                #expect(transcript.wasCancelled && transcript.text == "0 ")
                #expect(transcript.stop?.mode == mode && transcript.stop?.reason == reason)
                #expect(transcript.stop?.by == .operator)
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        @Test(
            "prints 2 or more where the engine has not said a word, whose connection is closed",
            arguments: ["stop", "kill"])
        func beforeTheFirstByte(word: String) async throws {
            let engine = try await SilentEngine()
            try await PenstockLab.with { lab in
                async let worker = lab.worker(
                    "--generator", "openai", "--openai-url", engine.url, "--openai-model", "silent",
                    "--openai-first-byte-timeout", "10m")
                let frontend = try await lab.frontend()
                _ = try await worker
                let stream = try await lab.client(of: frontend).send(count: 1, interval: 0)
                try await stream.started()
                try await eventually("the engine is asked", within: .seconds(30)) { engine.asked == 1 }
                #expect(try await lab.publishStop(stream.id, word) >= 2)
                let transcript = try await stream.ended()
                #expect(transcript.wasCancelled && transcript.text.isEmpty)
                #expect(transcript.stop?.mode.rawValue == word)
                try await expectSavedAsReceived(stream, at: frontend.http)
                try await eventually("the engine is left", within: .seconds(30)) { engine.left == 1 }
            }
            await engine.close()
        }

        @Test("prints 0 for a request that has ended, and changes nothing")
        func ended() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 3, interval: 0)
                try await stream.ended()
                let saved = try await frontend.http.message(stream.id.message)
                try await eventually("nobody listens for it any more") {
                    try await lab.redisCLI("PUBSUB", "NUMSUB", "stop:\(stream.id)").hasSuffix("\n0")
                }
                #expect(try await lab.publishStop(stream.id) == 0)
                #expect(try await lab.publishStop(stream.id, "kill") == 0)
                // What comes next on the connection is not an event of the old request.
                let next = try await client.send(count: 3, interval: 0)
                try await next.ended()
                #expect(try await frontend.http.message(stream.id.message) == saved)
                #expect(saved.isComplete && saved.content == counted(3) && saved.stop == nil)
            }
        }
    }
}

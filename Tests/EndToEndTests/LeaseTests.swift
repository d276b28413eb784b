import Client
import Foundation
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Leases, hand-over and what kills workers") struct LeaseTests {
        @Test("a worker that is suspended past its lease says that it lost its claim, and writes nothing more")
        func suspendedWorker() async throws {
            try await PenstockLab.with { lab in
                async let first = lab.worker("--lease", "1s")
                let frontend = try await lab.frontend()
                let worker = try await first
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 300, interval: 20)
                try await stream.chunks(5)
                _ = try await lab.worker("--lease", "1s")
                worker.process.signal(SIGSTOP)
                try await stream.until("chunks of another attempt") { ($0.cursor?.attempt ?? 0) > 1 }
                worker.process.signal(SIGCONT)
                try await eventually("it says so", within: .seconds(20)) {
                    worker.process.output.contains("the claim is lost")
                }
                try await stream.ended()
                #expect(stream.text == counted(300))
                #expect(stream.transcript.cursor?.attempt == 2)
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        @Test("a draining worker hands over at once to another that has room, and a stop meanwhile wins")
        func handOver() async throws {
            try await PenstockLab.with { lab in
                async let first = lab.worker()
                let frontend = try await lab.frontend()
                let worker = try await first
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for _ in 0..<6 { streams.append(try await client.send(count: 300, interval: 20)) }
                for stream in streams { try await stream.chunks(3) }
                _ = try await lab.worker()
                let start = ContinuousClock.now
                worker.process.signal(SIGTERM)
                try await streams[0].stop()
                // Far sooner than the drain's deadline of 30 s.
                #expect(try await worker.process.exitStatus(within: .seconds(60)) == 0)
                #expect(ContinuousClock.now - start < .seconds(25))
                #expect(worker.process.output.contains("handing over to other workers"))
                #expect(try await streams[0].ended().wasCancelled)
                for stream in streams.dropFirst() {
                    try await stream.ended()
                    #expect(stream.text == counted(300))
                    #expect(stream.transcript.cursor?.attempt == 2)
                }
                for stream in streams { try await expectSavedAsReceived(stream, at: frontend.http) }
            }
        }

        @Test("a worker whose Redis is gone ends, and a second signal ends one at once")
        func endingWithoutRedis() async throws {
            try await PenstockLab.with { lab in
                async let first = lab.worker("--drain-timeout", "1s")
                async let second = lab.worker("--drain-timeout", "60s")
                let frontend = try await lab.frontend()
                let (patient, other) = try await (first, second)
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for _ in 0..<8 { streams.append(try await client.send(count: 100_000, interval: 20)) }
                for stream in streams { try await stream.chunks(1) }
                lab.redis.kill()
                patient.process.signal(SIGTERM)
                other.process.signal(SIGTERM)
                #expect(try await patient.process.exitStatus(within: .seconds(30)) == 0)
                #expect(other.process.isRunning)
                other.process.signal(SIGTERM)
                #expect(try await other.process.exitStatus(within: .seconds(30)) == 128 + SIGTERM)
            }
        }

        @Test("a job whose workers die is put away, and can be replayed and dropped")
        func deadJobs() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let options = ["--lease", "300ms", "--max-deliveries", "2"]
                let stream = try await client.send(count: 1000, interval: 20)
                for attempt in 1...2 {
                    let worker = try await lab.worker(options[0], options[1], options[2], options[3])
                    try await stream.until("attempt \(attempt)") { ($0.cursor?.attempt ?? 0) == UInt64(attempt) }
                    worker.process.signal(SIGKILL)
                    _ = try await worker.process.exitStatus()
                }
                _ = try await lab.worker(options[0], options[1], options[2], options[3])
                let end = try await stream.ended()
                #expect(end.failure?.errorCode == .internalError)
                #expect(end.failure?.message == "gave up after 2 deliveries")
                let saved = try await frontend.http.message(stream.id.message)
                #expect(saved.content == stream.text && !saved.isComplete)
            }
        }
    }
}

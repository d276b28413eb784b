import Client
import Foundation
import FrontendClient
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("What breaks underneath") struct FailureTests {
        @Test("a restart of Redis is a pause: nothing is missing, and stops are heard again")
        func redisRestarts() async throws {
            try await PenstockLab.with { lab in
                async let workers = (lab.worker(), lab.worker())
                let frontend = try await lab.frontend()
                _ = try await workers
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for _ in 0..<10 { streams.append(try await client.send(count: 150, interval: 20)) }
                for stream in streams { try await stream.chunks(5) }

                lab.redis.kill()
                try await eventually("the frontend has noticed", within: .seconds(30)) {
                    try await !frontend.admin.isReady()
                }
                try await lab.redis.start()
                for stream in streams {
                    let transcript = try await stream.ended()
                    #expect(transcript.text == counted(150))
                    #expect(transcript.complete?.metadata.isComplete == true)
                    try await expectSavedAsReceived(stream, at: frontend.http)
                }
                #expect(client.isOpen && client.failures.isEmpty)
                try await eventually("the frontend is ready again", within: .seconds(30)) {
                    try await frontend.admin.isReady()
                }
                let last = try await client.send(count: 1000, interval: minute)
                try await last.chunks(1)
                #expect(try await lab.publishStop(last.id) >= 2)
                #expect(try await last.ended().wasCancelled)
            }
        }

        @Test("a worker that is told to end hands its answers to another, whole")
        func workerDrains() async throws {
            try await takeOver("--drain-timeout", "0s") { worker in
                worker.process.signal(SIGTERM)
                let status = try await worker.process.exitStatus()
                #expect(status == 0)
            }
        }

        @Test("a worker that is killed is replaced by another, and the answers are whole")
        func workerDies() async throws {
            try await takeOver("--lease", "3s") { worker in
                worker.process.signal(SIGKILL)
                _ = try await worker.process.exitStatus()
            }
        }

        /// Lets answers begin at one worker and end at another.
        private func takeOver(
            _ option: String, _ value: String, _ end: (PenstockLab.Worker) async throws -> Void
        ) async throws {
            try await PenstockLab.with { lab in
                async let first = lab.worker(option, value)
                let frontend = try await lab.frontend()
                let worker = try await first
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for _ in 0..<4 { streams.append(try await client.send(count: 1000, interval: 20)) }
                let stopped = try await client.send(count: 1000, interval: minute)
                for stream in streams { try await stream.chunks(5) }
                try await stopped.chunks(1)
                let short = try await client.send(count: 200, interval: 10)
                try await short.chunks(5)
                _ = try await lab.worker(option, value)
                try await end(worker)

                // Stopped in the hands of nobody, or already of the other: the stop wins.
                #expect(try await stopped.stop().stopped)
                #expect(try await stopped.ended().wasCancelled)
                #expect(stopped.text.numbersCounted != nil)
                for stream in streams {
                    try await stream.until("chunks of another attempt") { ($0.cursor?.attempt ?? 0) > 1 }
                    try await stream.stop()
                    #expect(try await stream.ended().text.numbersCounted ?? 0 > 5)
                }
                try await short.ended()
                #expect(short.text == counted(200))
                for stream in streams + [stopped, short] { try await expectSavedAsReceived(stream, at: frontend.http) }
            }
        }

        @Test("a frontend that is told to end says so, and the answers go on at another")
        func frontendDrains() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                async let other = lab.frontend()
                let frontend = try await lab.frontend()
                let elsewhere = try await other
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 200, interval: 10)
                try await stream.chunks(5)

                frontend.process.signal(SIGTERM)
                #expect(try await client.closed().code == 1001)
                #expect(try await frontend.process.exitStatus() == 0)
                let seen = stream.transcript
                #expect(!seen.hasEnded)
                let rest = try await lab.client(of: elsewhere).resume(stream.id, after: seen.cursor)
                try await rest.ended()
                #expect(seen.text + rest.text == counted(200))
                #expect(try await elsewhere.http.message(stream.id.message).content == counted(200))
            }
        }
    }
}

import Client
import Foundation
import NIOHTTP1
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Requests that take too long") struct ExpiryTests {
        /// A line of a worker's journal.
        private struct Entry: Decodable {
            var request: String
            var event: String
        }

        /// What a worker's generator did for a request, in order.
        private func journal(_ file: String, of id: RequestID) throws -> [String] {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            return try text.split(separator: "\n").map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
                .filter { $0.request == id.text }.map(\.event)
        }

        private func send(
            _ client: WebClient, count: Int, interval: Int, queueTimeout: Int? = nil, timeout: Int? = nil
        ) async throws -> WebClient.Stream {
            let id = RequestID.random()
            try await client.post(
                id,
                .send(
                    SendCommand(
                        content: "Count.",
                        parameters: ["count": .integer(Int64(count)), "interval_ms": .integer(Int64(interval))],
                        queueTimeout: queueTimeout, timeout: timeout)))
            return WebClient.Stream(client: client, id: id)
        }

        private func expectExpired(
            _ stream: WebClient.Stream, _ message: String, at frontend: PenstockLab.Frontend,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let end = try await stream.ended()
            #expect(end.failure?.errorCode == .backendTimeout, sourceLocation: sourceLocation)
            #expect(end.failure?.finishReason == "expired", sourceLocation: sourceLocation)
            #expect(end.failure?.message == message, sourceLocation: sourceLocation)
            let saved = try await frontend.http.message(stream.id.message)
            #expect(saved.finishReason == "expired" && !saved.isComplete, sourceLocation: sourceLocation)
            #expect(saved.content == end.text, sourceLocation: sourceLocation)
        }

        @Test("one that nobody takes ends without a worker, and no worker generates for it afterwards")
        func inTheQueue() async throws {
            try await PenstockLab.with { lab in
                let journal = lab.directory.appending(path: "journal").path
                let frontend = try await lab.frontend("--max-queue-time", "1s")
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 3, interval: 0)
                let words = "the request waited in the queue for longer than 1 s"
                try await expectExpired(stream, words, at: frontend)
                #expect(try await stream.stop().outcome == .alreadyCompleted)

                // This one's frontend is dead when its time is over.
                let orphan = try await client.send(count: 3, interval: 0)
                try await orphan.started()
                frontend.process.signal(SIGKILL)
                _ = try await frontend.process.exitStatus()
                try await Task.sleep(for: .seconds(1.5))
                let other = try await lab.frontend()
                #expect(try await other.http.message(orphan.id.message).finishReason == nil)
                _ = try await lab.worker("--journal", journal)
                try await eventually("a worker ends it", within: .seconds(30)) {
                    try await other.http.message(orphan.id.message).finishReason == "expired"
                }
                let next = try await lab.client(of: other).send(count: 3, interval: 0)
                try await next.ended()
                #expect(next.text == counted(3))
                for id in [stream.id, orphan.id] { #expect(try self.journal(journal, of: id).isEmpty) }
                #expect(try await lab.redisCLI("XPENDING", "jobs:default", "workers").hasPrefix("0"))
            }
        }

        @Test("one that runs too long ends with what was said, and its generator has ended")
        func whileRunning() async throws {
            try await PenstockLab.with { lab in
                let journal = lab.directory.appending(path: "journal").path
                async let starting = lab.worker("--journal", journal)
                let frontend = try await lab.frontend("--max-duration", "3s")
                _ = try await starting
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 100_000, interval: 20)
                try await stream.chunks(1)
                try await expectExpired(stream, "the request took longer than 3 s", at: frontend)
                let count = try #require(stream.text.numbersCounted)
                try await eventually("the job has left") { try self.journal(journal, of: stream.id).last == "left" }
                let events = try self.journal(journal, of: stream.id)
                #expect(Array(events.suffix(3)) == ["expired", "ended", "left"])
                #expect(events.filter { $0 == "token" }.count == count)
                // Waiting for an engine counts as well.
                let engine = try await SilentEngine()
                _ = try await lab.worker(
                    "--queue", "engines", "--generator", "openai", "--openai-url", engine.url, "--openai-model", "m")
                let engines = try await lab.frontend("--queue", "engines", "--max-duration", "2s")
                let silent = try await lab.client(of: engines).send(count: 1, interval: 0)
                try await expectExpired(silent, "the request took longer than 2 s", at: engines)
                try await eventually("the engine is left") { engine.asked == 1 && engine.left == 1 }
                await engine.close()
            }
        }

        @Test("one whose worker is suspended ends all the same, and the worker says nothing more")
        func suspendedWorker() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker("--lease", "1h")
                let frontend = try await lab.frontend()
                let worker = try await starting
                let client = try await lab.client(of: frontend)
                let stream = try await send(client, count: 100_000, interval: 20, timeout: 4000)
                try await stream.chunks(1)
                worker.process.signal(SIGSTOP)
                try await expectExpired(stream, "the request took longer than 4 s", at: frontend)
                worker.process.signal(SIGCONT)
                // By its own timer, or because its claim is lost: whichever it sees first.
                try await eventually("it notices", within: .seconds(20)) {
                    worker.process.output.contains("job ended")
                }
                #expect(try await frontend.http.message(stream.id.message).content == stream.text)
            }
        }

        @Test("of a stop and the end of the time that race, one ends the request")
        func race() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await starting
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for index in 0..<40 {
                    streams.append(try await send(client, count: 100_000, interval: 20, timeout: 3000 + index * 25))
                }
                for stream in streams { try await stream.chunks(1) }
                // In the middle of their times, one by one.
                try await streams[15].ended()
                let outcomes = try await withThrowingTaskGroup(of: (Int, StopOutcome).self) { group in
                    for (index, stream) in streams.enumerated().dropFirst(10) {
                        group.addTask { (index, try await stream.stop().outcome) }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                for (index, stream) in streams.enumerated() {
                    let end = try await stream.ended()
                    let saved = try await frontend.http.message(stream.id.message)
                    #expect(saved.content == end.text && end.text.numbersCounted != nil)
                    switch outcomes[index] {
                    case .stopped: #expect(end.wasCancelled && saved.finishReason == "cancelled")
                    case .alreadyCompleted, nil:
                        #expect(end.failure?.finishReason == "expired" && saved.finishReason == "expired")
                    case .alreadyStopped, .dequeued: Issue.record("\(String(describing: outcomes[index]))")
                    }
                    let log = try await lab.redisCLI("XREVRANGE", "tokens:{\(stream.id)}", "+", "-", "COUNT", "1")
                    #expect(log.contains("281474976710657"))
                }
                #expect(Set(outcomes.values).isSubset(of: [.stopped, .alreadyCompleted]))
            }
        }
    }
}

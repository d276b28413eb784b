import Foundation
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("penstock") struct CommandTests {
        @Test("send prints the answer as it is saved")
        func send() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let url = "\(frontend.webSocket)"
                let text = try await lab.penstock("send", "hello", "--url", url, "--count", "20", "--interval-ms", "5")
                #expect(text.status == 0 && text.output.hasPrefix(counted(20)), "\(text.errors)")
                let json = try await lab.penstock(
                    "send", "hello", "--url", url, "--count", "20", "--interval-ms", "5", "-o", "json")
                #expect(json.status == 0, "\(json.errors)")
                let answer = try json.decode(Answer.self)
                #expect(answer.state == "completed" && answer.content == counted(20))
                #expect(try await frontend.http.message(answer.messageID).content == counted(20))
            }
        }

        @Test("send is stopped by Ctrl-C, and what was said is saved")
        func interrupted() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let id = RequestID.random()
                let sending = try lab.starting([
                    "send", "hello", "--url", "\(frontend.webSocket)", "--id", "\(id)", "--interval-ms", "\(minute)",
                ])
                try await eventually("the first number is printed", within: .seconds(30)) {
                    sending.output.hasPrefix("0 ")
                }
                sending.signal(SIGINT)
                #expect(try await sending.exitStatus() == 2)
                let saved = try await frontend.http.message(id.message)
                #expect(saved.finishReason == "cancelled" && saved.content == "0 ")
            }
        }

        @Test("stop exits with 0 where it has ended, 3 where that takes longer, 4 where there is no such request")
        func stop() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker()
                let frontend = try await lab.frontend()
                let worker = try await starting
                let client = try await lab.client(of: frontend)
                func stop(_ id: RequestID, _ more: String...) async throws -> PenstockLab.CommandResult {
                    let process = try lab.starting(
                        ["stop", "\(id)", "--redis-url", lab.redis.url, "-o", "json"] + more)
                    let status = try await process.exitStatus()
                    return .init(status: status, output: process.output, errors: process.errorOutput)
                }

                let running = try await client.send(count: 1000, interval: minute)
                try await running.chunks(1)
                let settled = try await stop(running.id, "--reason", "enough")
                #expect(settled.status == 0, "\(settled.errors)")
                let result = try settled.decode(Stopped.self)
                #expect(result.isSettled && result.outcome == .stopped && result.message?.content == "0 ")
                #expect(try await running.ended().stop?.reason == "enough")
                #expect(try await stop(running.id).status == 0)

                // A worker that does not move cannot end it.
                let held = try await client.send(count: 1000, interval: minute)
                try await held.chunks(1)
                worker.process.signal(SIGSTOP)
                let pending = try await stop(held.id, "--kill", "--wait", "200ms")
                worker.process.signal(SIGCONT)
                #expect(pending.status == 3, "\(pending.errors)")
                #expect(try pending.decode(Stopped.self).isSettled == false)
                #expect(try await held.ended().stop?.mode == .kill)
                #expect(held.text == "0 ")

                let unknown = try await stop(.random())
                #expect(unknown.status == 4)
                #expect(try unknown.decode(Stopped.self).isSettled == false)
            }
        }

        @Test("ps, show and tail tell of a request while it is queued, runs, and has ended")
        func examine() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let redis = ["--redis-url", lab.redis.url]
                func ps() async throws -> ProcessList {
                    try await lab.penstock("ps", redis[0], redis[1], "--queue", "default", "-o", "json").decode()
                }

                let stream = try await client.send(count: 1000, interval: minute)
                try await stream.started()
                let queued = try #require(try await ps().jobs.first)
                #expect(queued.requestID == stream.id && queued.state == "queued" && queued.tokens == 0)

                _ = try await lab.worker()
                try await stream.chunks(1)
                let jobs = try await ps().jobs
                let running = try #require(jobs.first)
                #expect(jobs.count == 1 && running.state == "running" && running.tokens == 1)
                // A node shows itself from time to time.
                try await eventually("frontend and worker are listed", within: .seconds(30)) {
                    let nodes = try await ps().nodes
                    return nodes.contains { $0.id == running.worker && $0.role == "worker" }
                        && nodes.contains { $0.role == "frontend" }
                }
                let table = try await lab.penstock("ps", redis[0], redis[1])
                #expect(table.status == 0 && table.output.contains("\(stream.id)"))
                let partial = try await lab.penstock("show", "\(stream.id)", redis[0], redis[1])
                #expect(partial.status == 0 && partial.output.contains("0 "))

                let tail = try lab.starting(["tail", "\(stream.id)", "-o", "json"] + redis)
                try await eventually("tail shows the first number", within: .seconds(30)) {
                    tail.output.contains(#""0 ""#)
                }
                try await stream.stop(reason: "seen")
                try await stream.ended()
                #expect(try await tail.exitStatus() == 0)
                let entries = try tail.output.split(separator: "\n").map {
                    try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
                }
                #expect(entries.map(\.type) == ["attempt", "chunk", "sealed", "ended"])
                #expect(entries.compactMap(\.text).joined() == stream.text)
                let rest = try await lab.penstock(
                    "tail", "\(stream.id)", "--from", "\(try #require(stream.transcript.cursor))", redis[0], redis[1])
                #expect(rest.status == 0 && !rest.output.contains("0 "))

                let shown = try await lab.penstock("show", "\(stream.id)", redis[0], redis[1], "-o", "json")
                let saved = try await frontend.http.message(stream.id.message)
                #expect(try shown.decode(MessageRecord.self) == saved)
                try await eventually("ps has forgotten it") { try await ps().jobs.isEmpty }
                #expect(try await lab.penstock("tail", "\(RequestID.random())", redis[0], redis[1]).status == 4)
                #expect(try await lab.penstock("show", "\(RequestID.random())", redis[0], redis[1]).status == 4)
            }
        }

        private struct Answer: Decodable {
            var state: String
            var content: String
            var messageID: MessageID

            enum CodingKeys: String, CodingKey {
                case state, content
                case messageID = "message_id"
            }
        }

        private struct Stopped: Decodable {
            var isSettled: Bool
            var outcome: StopOutcome?
            var message: MessageRecord?

            enum CodingKeys: String, CodingKey {
                case outcome, message
                case isSettled = "settled"
            }
        }

        private struct ProcessList: Decodable {
            struct Node: Decodable {
                var id: String
                var role: String
            }

            struct Job: Decodable {
                var requestID: RequestID
                var state: String
                var worker: String?
                var tokens: Int

                enum CodingKeys: String, CodingKey {
                    case state, worker, tokens
                    case requestID = "request_id"
                }
            }

            var nodes: [Node]
            var jobs: [Job]
        }

        private struct Entry: Decodable {
            var type: String
            var text: String?
        }
    }
}

import Client
import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("How much is let in") struct AdmissionTests {
        /// What the refusal says of its bound.
        private func refusal(
            _ stream: WebClient.Stream, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> (bound: String, limit: Int64, retryAfter: Int64) {
            guard case .failure(let failure) = try await stream.client.reply(to: stream.id) else {
                throw LabFailure(description: "it was not refused")
            }
            #expect(failure.errorCode == .rateLimitExceeded, sourceLocation: sourceLocation)
            guard case .string(let bound)? = failure.details?["bound"],
                case .integer(let limit)? = failure.details?["limit"],
                case .integer(let retryAfter)? = failure.details?["retry_after_ms"]
            else { throw LabFailure(description: "a refusal without a bound, a value or a hint: \(failure)") }
            #expect(retryAfter > 0 && failure.message.contains("\(limit)"), sourceLocation: sourceLocation)
            return (bound, limit, retryAfter)
        }

        /// Sends the same again when its hint has passed, as a client should.
        private func sendUntilAccepted(_ client: WebClient, _ id: RequestID) async throws -> WebClient.Stream {
            for _ in 0..<20 {
                let before = client.failures.count
                let stream = try await client.send(count: 1000, interval: minute, id: id)
                try await stream.until("an answer") { !$0.starts.isEmpty || client.failures.count > before }
                if !stream.transcript.starts.isEmpty { return stream }
                try await Task.sleep(for: .milliseconds(try await refusal(stream).retryAfter))
            }
            throw LabFailure(description: "it is refused again and again")
        }

        @Test("a full queue refuses with a hint, leaves nothing behind, and takes the same request later")
        func fullQueue() async throws {
            try await PenstockLab.with { lab in
                async let second = lab.frontend("--max-queue-length", "2")
                let frontend = try await lab.frontend("--max-queue-length", "2")
                let other = try await second
                let client = try await lab.client(of: frontend)
                let elsewhere = try await lab.client(of: other)
                let first = try await client.send(count: 3, interval: 0)
                try await first.started()
                let last = try await elsewhere.send(count: 3, interval: 0)
                // Nobody works, and everybody knows where they stand.
                try await first.until("a place") { $0.positions == [1] }
                try await last.until("a place") { $0.positions == [2] }

                let id = RequestID.random()
                for client in [client, elsewhere] {
                    let refused = try await client.send(count: 3, interval: 0, id: id)
                    let refusal = try await refusal(refused)
                    #expect(refusal.bound == "queue_length" && refusal.limit == 2)
                }
                #expect(try await frontend.http.call(.GET, "/messages/\(id)").status == 404)
                #expect(try await lab.redisCLI("EXISTS", "request:{\(id)}", "message:{\(id)}") == "0")
                // What waits can be joined and stopped all the same.
                let joined = try await elsewhere.send(count: 3, interval: 0, id: first.id)
                try await joined.started()
                #expect(try await last.stop().outcome == .dequeued)

                _ = try await lab.worker()
                #expect(try await first.ended().complete?.metadata.finishReason == "stop")
                // One that was stopped in the queue is passed over like any other.
                try await eventually("the queue is empty", within: .seconds(30)) {
                    try await lab.redisCLI("XINFO", "GROUPS", "jobs:default").contains("2-0")
                }
                let accepted = try await client.send(count: 3, interval: 0, id: id)
                try await accepted.ended()
                #expect(accepted.text == counted(3))
                try await expectSavedAsReceived(accepted, at: frontend.http)
                let metrics = try await frontend.admin.call(.GET, "/metrics").text
                #expect(metrics.contains("penstock_frontend_refusals_total{bound=\"queue_length\"} 1"))
            }
        }

        @Test("whoever waits sees the queue move up to them")
        func positions() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker("--slots", "1")
                let frontend = try await lab.frontend()
                _ = try await starting
                let client = try await lab.client(of: frontend)
                let running = try await client.send(count: 1000, interval: minute)
                try await running.chunks(1)
                #expect(running.transcript.positions.isEmpty)
                var waiting: [WebClient.Stream] = []
                for place in 1...3 {
                    let stream = try await client.send(count: 1000, interval: minute)
                    try await stream.until("place \(place)") { $0.positions == [UInt64(place)] }
                    waiting.append(stream)
                }
                // Another frontend, where one of them is resumed, tells its client too.
                let other = try await lab.client(of: try await lab.frontend())
                let resumed = try await other.resume(waiting[2].id)
                try await resumed.until("its place") { $0.positions == [3] }

                try await running.stop()
                try await waiting[0].chunks(1)
                #expect(waiting[0].transcript.positions == [1, 0])
                try await waiting[2].until("its place") { $0.positions == [3, 2] }
                try await waiting[1].until("its place") { $0.positions == [2, 1] }
                try await waiting[0].stop()
                try await waiting[1].chunks(1)
                try await waiting[1].stop()
                try await waiting[2].chunks(1)
                try await resumed.chunks(1)
                for stream in [waiting[2], resumed] {
                    let told = stream.transcript.positions
                    #expect(told.first == 3 && told.last == 0)
                    #expect(zip(told, told.dropFirst()).allSatisfy { $0 > $1 })
                }
            }
        }

        @Test("the command shows who is before it")
        func positionsOfTheCommand() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let first = try await client.send(count: 1000, interval: minute)
                try await first.started()
                let command = try lab.starting(["send", "--url", "\(frontend.webSocket)", "--count", "3", "Count."])
                try await eventually("its place is shown", within: .seconds(30)) {
                    command.errorOutput.contains("penstock: 1 ahead of you")
                }
                try await first.stop()
                _ = try await lab.worker()
                #expect(try await command.exitStatus() == 0)
                #expect(command.output.contains("0 1 2 ") && command.errorOutput.contains("penstock: a worker has it"))
            }
        }

        @Test("a connection that sends too fast is refused until its hint has passed; stops and joins are not")
        func rate() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend("--connection-rate", "6/m", "--connection-burst", "2")
                let client = try await lab.client(of: frontend)
                var streams: [WebClient.Stream] = []
                for _ in 0..<2 {
                    let stream = try await client.send(count: 3, interval: 0)
                    try await stream.started()
                    streams.append(stream)
                }
                let id = RequestID.random()
                let refused = try await refusal(try await client.send(count: 3, interval: 0, id: id))
                #expect(refused.bound == "connection_rate" && refused.limit == 6 && refused.retryAfter <= 10_000)
                #expect(try await lab.redisCLI("EXISTS", "request:{\(id)}") == "0")
                #expect(try await streams[0].stop().outcome == .dequeued)
                _ = try await client.send(count: 3, interval: 0, id: streams[1].id)
                try await streams[1].until("it is joined") { $0.starts.count == 2 }
                let other = try await lab.client(of: frontend)
                try await other.send(count: 3, interval: 0).started()
                try await Task.sleep(for: .milliseconds(refused.retryAfter))
                try await client.send(count: 3, interval: 0, id: id).started()
            }
        }

        @Test("the open requests of an owner are bounded over all connections and frontends, also when one dies")
        func owners() async throws {
            try await PenstockLab.with { lab in
                async let second = lab.frontend("--max-owner-requests", "2", "--disconnect-grace", "1h")
                async let starting = lab.worker()
                let frontend = try await lab.frontend("--max-owner-requests", "2", "--disconnect-grace", "1h")
                let other = try await second
                _ = try await starting
                let (one, two) = (try await lab.client(of: frontend), try await lab.client(of: frontend))
                let elsewhere = try await lab.client(of: other)
                let first = try await one.send(count: 1000, interval: minute)
                try await first.chunks(1)
                let last = try await elsewhere.send(count: 1000, interval: minute)
                try await last.chunks(1)
                let id = RequestID.random()
                let refused = try await refusal(try await two.send(count: 1000, interval: minute, id: id))
                #expect(refused.bound == "owner_requests" && refused.limit == 2)
                // To join and to resume is not to open.
                try await two.send(count: 1000, interval: minute, id: last.id).started()
                try await elsewhere.resume(first.id).chunks(1)

                try await first.stop()
                try await first.ended()
                let next = try await sendUntilAccepted(two, id)
                try await next.chunks(1)

                // The frontend that counted it is dead when it ends, and nobody there discounts it.
                frontend.process.signal(SIGKILL)
                _ = try await frontend.process.exitStatus()
                #expect(try await other.http.call(.DELETE, "/requests/\(id)").status == 200)
                let replacement = try await sendUntilAccepted(elsewhere, .random())
                try await replacement.chunks(1)
                let again = try await refusal(try await elsewhere.send(count: 1000, interval: minute))
                #expect(again.bound == "owner_requests")
            }
        }

        @Test("a flood of bad events slows nobody but its sender, whose stop comes through")
        func flood() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker()
                let frontend = try await lab.frontend("--event-rate", "100", "--event-burst", "20")
                _ = try await starting
                let (flooding, other) = (try await lab.client(of: frontend), try await lab.client(of: frontend))
                let stream = try await flooding.send(count: 1000, interval: minute)
                try await stream.chunks(1)
                let calm = try await other.send(count: 300, interval: 10)
                try await calm.chunks(1)
                for _ in 0..<400 { try await flooding.post(.text, ByteBuffer(string: "{\"id\":")) }
                #expect(try await stream.stop().outcome == .stopped)
                try await flooding.errors(atLeast: 400)
                #expect(try await stream.ended().wasCancelled)
                try await calm.ended()
                #expect(calm.text == counted(300))
                let metrics = try await frontend.admin.call(.GET, "/metrics").text
                #expect(metrics.firstMatch(of: #/penstock_frontend_held_reads_total [1-9]/#) != nil)
            }
        }

        @Test("an answer is as long as it may be, to the byte")
        func answerSize() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker("--max-answer-bytes", "11")
                let frontend = try await lab.frontend()
                _ = try await starting
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 1000, interval: 1)
                let end = try await stream.ended()
                #expect(stream.text == "0 1 2 3 4 5" && end.complete?.metadata.finishReason == "length")
                try await expectSavedAsReceived(stream, at: frontend.http)
                #expect(try await lab.redisCLI("XPENDING", "jobs:default", "workers").hasPrefix("0"))
            }
        }
    }
}

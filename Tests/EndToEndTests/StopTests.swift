import Shared
import Testing

extension EndToEnd {
    @Suite("A stop") struct StopTests {
        @Test("ends the answer before its next number could come, and what was said is kept")
        func keepsThePartialAnswer() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)

                let stream = try await client.send(count: 1000, interval: minute)
                try await stream.chunks(1)
                let result = try await stream.stop(reason: "seen enough")
                #expect(result.outcome == .stopped && result.stopped)
                #expect(result.partialMessageID == stream.id.message)
                let transcript = try await stream.ended()
                #expect(transcript.text == "0 ")
                let end = try #require(transcript.complete).metadata
                #expect(!end.isComplete && end.finishReason == "cancelled" && end.usage.outputTokens == 1)
                let stop = try #require(end.stop)
                #expect(stop.mode == .stop && stop.by == .user && stop.reason == "seen enough")
                #expect(stop.requestedAt != nil && stop.observedAt != nil)
                try await expectSavedAsReceived(stream, at: frontend.http)

                // The connection goes on, and the conversation too.
                let session = try #require(transcript.starts.first).sessionID
                let next = try await client.send(count: 3, interval: 0, session: session)
                try await next.ended()
                #expect(next.text == counted(3))
            }
        }

        @Test("can kill, and be given by the message")
        func kills() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let stream = try await lab.client(of: frontend).send(count: 1000, interval: minute)
                try await stream.chunks(1)
                #expect(try await stream.stop(mode: .kill, byMessage: true).outcome == .stopped)
                #expect(try await stream.ended().stop?.mode == .kill)
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        @Test("twice, or after the end, is no error")
        func repeats() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let stopped = try await client.send(count: 1000, interval: minute)
                try await stopped.chunks(1)
                #expect(try await stopped.stop().outcome == .stopped)
                #expect(try await stopped.stop().outcome == .alreadyStopped)
                try await stopped.ended()
                #expect(try await stopped.stop().outcome == .alreadyStopped)

                let completed = try await client.send(count: 2, interval: 0)
                try await completed.ended()
                let before = try await frontend.http.message(completed.id.message)
                #expect(try await completed.stop().outcome == .alreadyCompleted)
                #expect(try await completed.stop(mode: .kill, byMessage: true).outcome == .alreadyCompleted)
                #expect(try await frontend.http.message(completed.id.message) == before)
            }
        }

        @Test("of a message that no worker has taken yet needs no worker")
        func dequeues() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 5, interval: 0)
                try await stream.started()
                #expect(try await stream.stop().outcome == .dequeued)
                #expect(try await stream.ended().wasCancelled)
                #expect(stream.text.isEmpty)
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        /// The lab fails the test where a chunk follows an acknowledgement.
        @Test("of every second of fifty streams on one connection ends those and no other")
        func fifty() async throws {
            try await PenstockLab.with { lab in
                async let workers = (lab.worker(), lab.worker())
                let frontend = try await lab.frontend()
                _ = try await workers
                let client = try await lab.client(of: frontend)
                let numbers = 60
                var streams: [WebClient.Stream] = []
                for _ in 0..<50 { streams.append(try await client.send(count: numbers, interval: 20)) }

                try await withThrowingDiscardingTaskGroup { group in
                    for (index, stream) in streams.enumerated() where index % 2 == 1 {
                        let moment = Int.random(in: 0..<(numbers - 5))
                        group.addTask {
                            try await stream.started()
                            try await stream.chunks(moment)
                            let first = try await stream.stop(byMessage: index % 4 == 1)
                            #expect(first.stopped && first.partialMessageID == stream.id.message)
                            let second = try await stream.stop()
                            #expect([.alreadyStopped, .alreadyCompleted].contains(second.outcome))
                        }
                    }
                }
                for stream in streams { try await stream.ended() }

                for (index, stream) in streams.enumerated() {
                    let transcript = stream.transcript
                    if index % 2 == 0 {
                        #expect(transcript.text == counted(numbers))
                        #expect(transcript.complete?.metadata.isComplete == true)
                        #expect(try await stream.stop().outcome == .alreadyCompleted)
                    } else {
                        #expect(transcript.text.numbersCounted != nil)
                        #expect(transcript.complete?.metadata.usage.outputTokens == transcript.text.numbersCounted)
                    }
                    try await expectSavedAsReceived(stream, at: frontend.http)
                }
                #expect(streams.filter(\.transcript.wasCancelled).count > 0)
                #expect(client.isOpen)
            }
        }
    }
}

import Foundation
import NIOHTTP1
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A stop over HTTP") struct HTTPStopTests {
        @Test("at the other frontend ends a request at whichever worker it runs")
        func elsewhere() async throws {
            try await PenstockLab.with { lab in
                // With a slot each, two requests that run are at both.
                async let workers = (lab.worker("--slots", "1"), lab.worker("--slots", "1"))
                async let other = lab.frontend()
                let frontend = try await lab.frontend()
                let elsewhere = try await other.http
                _ = try await workers
                let client = try await lab.client(of: frontend)
                let posted = try await client.send(count: 1000, interval: minute)
                let deleted = try await client.send(count: 1000, interval: minute)
                try await posted.chunks(1)
                try await deleted.chunks(1)

                let asked = [
                    (posted, HTTPMethod.POST, "/messages/\(posted.id)/stop", #"{"reason": "by HTTP"}"#),
                    (deleted, HTTPMethod.DELETE, "/requests/\(deleted.id)?mode=kill&wait=30s", nil),
                ]
                for (stream, method, path, body) in asked {
                    let answer = try await elsewhere.call(method, path, json: body)
                    #expect([200, 202].contains(answer.status), "\(answer.text)")
                    let transcript = try await stream.ended()
                    #expect(transcript.wasCancelled && transcript.text == "0 ")
                    #expect(transcript.stop?.by == .user)
                    try await expectSavedAsReceived(stream, at: elsewhere)
                    // Again: it has ended already.
                    let again = try await elsewhere.call(method, path, json: body)
                    #expect(again.status == 200, "\(again.text)")
                }
                #expect(posted.transcript.stop?.reason == "by HTTP")
                #expect(deleted.transcript.stop?.mode == .kill)
            }
        }

        @Test("of what is unknown, somebody else's, or no id at all is refused")
        func refused() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let foreign = try await lab.submitForeign()
                for id in [RequestID.random(), foreign] {
                    #expect(try await frontend.http.call(.POST, "/messages/\(id)/stop").status == 404)
                    #expect(try await frontend.http.call(.DELETE, "/requests/\(id)").status == 404)
                    #expect(try await frontend.http.call(.GET, "/messages/\(id)").status == 404)
                }
                for path in ["/messages/x/stop", "/messages/\(foreign)0/stop"] {
                    #expect(try await frontend.http.call(.POST, path).status == 400)
                }
                #expect(try await frontend.http.call(.DELETE, "/requests/x").status == 400)
                #expect(try await frontend.http.call(.GET, "/messages/x").status == 400)

                let client = try await lab.client(of: frontend)
                _ = try await client.resume(foreign)
                try await client.post(.random(), .stop(StopCommand(requestID: foreign)))
                try await client.errors(atLeast: 2)
                #expect(client.failures.map(\.errorCode) == [.messageNotFound, .messageNotFound])
                let record = try await lab.penstock("show", "\(foreign)", "--redis-url", lab.redis.url, "-o", "json")
                #expect(try record.decode(MessageRecord.self).finishReason == nil, "the stranger's request runs on")
            }
        }
    }
}

import Client
import FrontendClient
import NIOCore
import NIOWebSocket
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Bad input") struct HostileClientTests {
        @Test("costs its sender one error, and disturbs no stream")
        func oneErrorEach() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 100_000, interval: 10)
                try await stream.chunks(2)

                let id = RequestID.random()
                let frames: [(String, ErrorCode)] = [
                    ("this is not JSON", .invalidRequest),
                    (#"{"id": ""#, .invalidRequest),
                    ("", .invalidRequest),
                    ("[]", .invalidRequest),
                    ("null", .invalidRequest),
                    (String(repeating: "[", count: 100_000), .invalidRequest),
                    (#"{"id": 7, "type": "message.send", "payload": {"content": "x"}}"#, .invalidRequest),
                    (Self.event("message.dance", "{}"), .invalidRequest),
                    (Self.event("message.send", #"{"content": 7}"#), .invalidRequest),
                    (Self.event("message.send", #"{"content": "x", "session_id": "\#(id)"}"#), .sessionNotFound),
                    (
                        Self.event("message.stop", #"{"request_id": "\#(stream.id)", "message_id": "\#(stream.id)"}"#),
                        .invalidRequest
                    ),
                    (Self.event("message.stop", "{}"), .invalidRequest),
                    (Self.event("message.stop", #"{"request_id": "\#(id)"}"#), .messageNotFound),
                    (Self.event("message.resume", #"{"request_id": "\#(id)"}"#), .messageNotFound),
                ]
                for (index, (frame, code)) in frames.enumerated() {
                    try await client.post(.text, ByteBuffer(string: frame))
                    try await client.errors(atLeast: index + 1)
                    #expect(client.failures.last?.errorCode == code, "\(frame.prefix(100))")
                    #expect(client.failures.last?.message.isEmpty == false)
                }
                try await client.post(.binary, ByteBuffer(string: Self.event("message.stop", "{}")))
                try await client.errors(atLeast: frames.count + 1)
                #expect(client.connectionErrors.map(\.errorCode) == [.invalidRequest])

                // None of them is answered late, and the stream has gone on all the while.
                let after = stream.transcript.chunks.count + 3
                try await stream.chunks(after)
                #expect(client.failures.count == frames.count && client.connectionErrors.count == 1)
                #expect(try await stream.stop().outcome == .stopped)
                #expect(try await stream.ended().text.numbersCounted != nil)
                try await expectSavedAsReceived(stream, at: frontend.http)
                #expect(client.failures.count == frames.count && client.connectionErrors.count == 1)
            }
        }

        @Test("that no WebSocket may carry closes that connection, and no other")
        func closes() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend("--max-message-bytes", "1048576")
                _ = try await worker
                let bystander = try await lab.client(of: frontend)
                let stream = try await bystander.send(count: 100_000, interval: 10)
                try await stream.chunks(2)

                let large = try await lab.client(of: frontend)
                try? await large.post(.text, ByteBuffer(repeating: UInt8(ascii: "x"), count: 20_000_000))
                #expect(try await large.closed().code == 1009)
                let garbled = try await lab.client(of: frontend)
                try await garbled.post(.text, ByteBuffer(bytes: [0x22, 0xC3, 0x28, 0xFF, 0x22]))
                #expect(try await garbled.closed().code == 1007)

                let after = stream.transcript.chunks.count + 3
                try await stream.chunks(after)
                #expect(try await stream.stop().outcome == .stopped)
                #expect(try await stream.ended().text.numbersCounted != nil)
                try await expectSavedAsReceived(stream, at: frontend.http)
            }
        }

        private static func event(_ type: String, _ payload: String) -> String {
            #"{"id": "\#(RequestID.random())", "type": "\#(type)", "payload": \#(payload), "#
                + #""timestamp": "2026-01-01T00:00:00Z"}"#
        }
    }
}

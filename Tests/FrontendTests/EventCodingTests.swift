import NIOCore
import Shared
import Testing

@Suite("EventCoding")
struct EventCodingTests {
    @Test(arguments: [
        "", "plain", "\"\\\n\r\t\u{0}\u{1F}\u{7F}/", "κόσμε 😀 \u{2028}", String(repeating: "é\"", count: 5000),
    ])
    func aChunkReadsBackAsItWas(text: String) throws {
        var encoder = ServerEventEncoder()
        let request = RequestID.random()
        let template = ChunkEventTemplate(request: request, message: request.message)
        let cursor = EntryID(attempt: 12, index: EntryID.sealIndex)
        let event = encoder.measureChunk(template, cursor: cursor, text: text)
        var frame = ByteBuffer()
        encoder.writeChunk(event, template, into: &frame)
        #expect(frame.readableBytes == event.length)
        let received = try #require(try ServerEventDecoder().decode(frame))
        #expect(
            received.event
                == .streamingChunk(
                    StreamingChunk(
                        requestID: request, messageID: request.message, cursor: cursor, chunk: .init(content: text))))
        #expect(RequestID(received.id) != nil)
        #expect(abs(received.timestamp.microseconds - Timestamp.now().microseconds) < 10_000_000)
    }

    @Test func everyEventReadsBackAndHasAnIdOfItsOwn() throws {
        var encoder = ServerEventEncoder()
        let request = RequestID.random()
        let events: [ServerEvent] = [
            .connectionReady(ConnectionReady(clientID: "c", serverVersion: "1", capabilities: ["x"])),
            .connectionError(ConnectionError(errorCode: .invalidRequest, message: "m")),
            .queued(MessageQueued(requestID: request, messageID: request.message, position: 4)),
            .streamingStart(
                StreamingStart(requestID: request, messageID: request.message, sessionID: .random(), resumed: true)),
            .streamingComplete(
                StreamingComplete(
                    requestID: request, messageID: request.message,
                    metadata: .init(
                        isComplete: false, finishReason: "cancelled", usage: Usage(outputTokens: 3),
                        stop: StopIntent(mode: .kill, by: .operator, reason: "r", requestedAt: .init(microseconds: 1))))
            ),
            .streamingError(
                StreamingError(
                    requestID: request, messageID: request.message, errorCode: .backendError, message: "m")),
            .success(
                CommandSuccess(requestID: request, result: .init(partialMessageID: request.message, outcome: .stopped))),
            .failure(
                CommandFailure(requestID: nil, errorCode: .internalError, message: "m", details: ["a": .integer(1)])),
        ]
        var ids: Set<String> = []
        for event in events {
            let received = try #require(try ServerEventDecoder().decode(encoder.encode(event)))
            #expect(received.event == event)
            ids.insert(received.id)
        }
        #expect(ids.count == events.count)
    }

    @Test func aClientEventReadsBack() throws {
        let events = [
            ClientEvent(id: .random(), command: .send(SendCommand(content: "x/y", parameters: ["count": .integer(3)]))),
            ClientEvent(id: .random(), command: .stop(StopCommand(requestID: .random(), mode: .kill, reason: "r"))),
            ClientEvent(
                id: .random(),
                command: .resume(ResumeCommand(requestID: .random(), after: EntryID(attempt: 1, index: 2)))),
        ]
        for event in events {
            #expect(try ClientEventDecoder().decode(ClientEventEncoder().encode(event)) == event)
        }
    }

    @Test func anUnknownTypeIsPassedOver() throws {
        let frame = ByteBuffer(string: #"{"id":"1","type":"x.y","payload":{},"timestamp":"2026-01-01T00:00:00Z"}"#)
        #expect(try ServerEventDecoder().decode(frame) == nil)
    }

    /// As `docs/protocol.md` has them.
    @Test func eventsAreWrittenAsDocumented() throws {
        let request = try #require(RequestID("3a737f82-2600-4f48-80c1-88c27a3e803a"))
        let session = try #require(SessionID("3a737f82-2600-4f48-80c1-88c27a3e803b"))
        let ids = #""request_id":"\#(request)","message_id":"\#(request)""#
        let moment = Timestamp(microseconds: 1_769_903_999_123_456)
        let cases: [(ServerEvent, type: String, payload: String)] = [
            (
                .connectionReady(
                    ConnectionReady(
                        clientID: "c", serverVersion: "1", capabilities: ["x", "y"], authRequired: true,
                        authTimeoutMilliseconds: 10_000, authExpiresAt: moment)), "connection.ready",
                #""client_id":"c","server_version":"1","capabilities":["x","y"],"auth_required":true,"auth_timeout_ms":10000,"auth_expires_at":"2026-01-31T23:59:59.123456Z""#
            ),
            (
                .connectionError(ConnectionError(errorCode: .authRequired, message: "m")), "connection.error",
                #""error_code":"AUTH_REQUIRED","message":"m""#
            ),
            (
                .queued(MessageQueued(requestID: request, messageID: request.message, position: 4)), "message.queued",
                #"\#(ids),"position":4"#
            ),
            (
                .streamingStart(
                    StreamingStart(requestID: request, messageID: request.message, sessionID: session, resumed: true)),
                "message.streaming.start", #"\#(ids),"session_id":"\#(session)","resumed":true"#
            ),
            (
                .streamingRestart(
                    StreamingRestart(
                        requestID: request, messageID: request.message, cursor: EntryID(attempt: 2, index: 1))),
                "message.streaming.restart", #"\#(ids),"cursor":"2-1""#
            ),
            (
                .streamingComplete(
                    StreamingComplete(
                        requestID: request, messageID: request.message,
                        metadata: .init(
                            isComplete: false, finishReason: "cancelled", usage: Usage(outputTokens: 3),
                            stop: StopIntent(by: .user, reason: "seen\nenough", requestedAt: moment, observedAt: moment)
                        ))),
                "message.streaming.complete",
                #"\#(ids),"metadata":{"is_complete":false,"finish_reason":"cancelled","usage":{"input_tokens":0,"output_tokens":3,"total_tokens":3},"stop":{"by":"user","mode":"stop","reason":"seen\nenough","requested_at":"2026-01-31T23:59:59.123456Z","observed_at":"2026-01-31T23:59:59.123456Z"}}"#
            ),
            (
                .streamingError(
                    StreamingError(
                        requestID: request, messageID: request.message, errorCode: .backendTimeout, message: "m",
                        finishReason: "expired")), "message.streaming.error",
                #"\#(ids),"error_code":"BACKEND_TIMEOUT","message":"m","finish_reason":"expired""#
            ),
            (
                .success(
                    CommandSuccess(
                        requestID: request, result: .init(partialMessageID: request.message, outcome: .alreadyStopped))),
                "response.success",
                #""request_id":"\#(request)","result":{"stopped":true,"partial_message_id":"\#(request)","outcome":"already_stopped"}"#
            ),
            (
                .authenticated(AuthSuccess(requestID: request, expiresAt: moment)), "response.success",
                #""request_id":"\#(request)","result":{"authenticated":true,"expires_at":"2026-01-31T23:59:59.123456Z"}"#
            ),
            (
                .failure(
                    CommandFailure(
                        requestID: nil, errorCode: .internalError, message: "m", details: ["limit": .integer(1)])),
                "response.error", #""error_code":"INTERNAL_ERROR","message":"m","details":{"limit":1}"#
            ),
        ]
        var encoder = ServerEventEncoder()
        for (event, type, payload) in cases {
            let text = String(buffer: encoder.encode(event))
            #expect(text.contains(#"","type":"\#(type)","payload":{\#(payload)},"timestamp":""#), "\(text)")
            #expect(text.hasPrefix(#"{"id":""#) && text.hasSuffix(#"Z"}"#))
        }
    }
}

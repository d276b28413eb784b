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
}

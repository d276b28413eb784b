package import NIOCore
private import NIOFoundationCompat

#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// An event of a frontend, as a client received it.
package struct ReceivedServerEvent: Hashable, Sendable {
    package var id: String
    package var event: ServerEvent
    package var timestamp: Timestamp
}

/// Reads what a frontend says.
package struct ServerEventDecoder: Sendable {
    package init() {}

    /// Decodes one text frame. Nil for a type this version does not know, which a client passes over. Throws
    /// `DecodingError` where the frame is not an event.
    package func decode(_ frame: ByteBuffer) throws -> ReceivedServerEvent? {
        let envelope = try JSONDecoder().decode(IncomingEnvelope.self, from: frame)
        guard let event = envelope.event else { return nil }
        return ReceivedServerEvent(id: envelope.id, event: event, timestamp: envelope.timestamp)
    }
}

private struct IncomingEnvelope: Decodable {
    var id: String
    var event: ServerEvent?
    var timestamp: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, type, payload, timestamp
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        timestamp = try values.decode(Timestamp.self, forKey: .timestamp)
        func payload<Payload: Decodable>(_: Payload.Type) throws -> Payload {
            try values.decode(Payload.self, forKey: .payload)
        }
        /// The result tells what the command was.
        func success(
            _ stop: @autoclosure () throws -> CommandSuccess, _ auth: @autoclosure () throws -> AuthSuccess
        ) throws -> ServerEvent {
            do { return .success(try stop()) } catch { return .authenticated(try auth()) }
        }
        event =
            switch try values.decode(String.self, forKey: .type) {
            case "connection.ready": .connectionReady(try payload(ConnectionReady.self))
            case "connection.error": .connectionError(try payload(ConnectionError.self))
            case "message.queued": .queued(try payload(MessageQueued.self))
            case "message.streaming.start": .streamingStart(try payload(StreamingStart.self))
            case "message.streaming.chunk": .streamingChunk(try payload(StreamingChunk.self))
            case "message.streaming.restart": .streamingRestart(try payload(StreamingRestart.self))
            case "message.streaming.complete": .streamingComplete(try payload(StreamingComplete.self))
            case "message.streaming.error": .streamingError(try payload(StreamingError.self))
            case "response.success": try success(payload(CommandSuccess.self), payload(AuthSuccess.self))
            case "response.error": .failure(try payload(CommandFailure.self))
            default: nil
            }
    }
}

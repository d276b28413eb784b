package import NIOCore
private import NIOFoundationCompat

#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// Writes what a frontend says. Bound to one event loop, which shares one encoder among its connections.
///
/// Chunk events are assembled without a JSON encoder (`measureChunk`, `writeChunk`); the others, which are rare, with one.
package struct ServerEventEncoder {
    private let idHigh: UInt64
    private var idLow: UInt64
    private var stampMilliseconds: Int64 = .min
    /// From behind the text of a chunk event to its end; with the ISO 8601 text of this millisecond.
    private(set) var chunkTail = Array(
        (chunkTailStart + String(repeating: " ", count: Timestamp.textLength) + #""}"#).utf8)

    private static let chunkTailStart = #""}},"timestamp":""#
    private static let timestampPlace = 17..<17 + Timestamp.textLength
    static let chunkTailLength = 17 + Timestamp.textLength + 2

    /// Event ids count up from a random UUID: unique as random ones are, and cheap.
    package init() {
        var generator = SystemRandomNumberGenerator()
        idHigh = generator.next()
        idLow = generator.next()
    }

    /// Any event, as the text of one frame.
    package mutating func encode(_ event: ServerEvent) -> ByteBuffer {
        let id = nextID()
        refreshTimestamp()
        let envelope = OutgoingEnvelope(
            id: UUIDText.format(high: id.high, low: id.low), type: event.type, payload: event,
            timestamp: String(decoding: chunkTail[Self.timestampPlace], as: UTF8.self))
        return JSONFrame.encode(envelope)
    }

    mutating func nextID() -> (high: UInt64, low: UInt64) {
        idLow &+= 1
        return (idHigh, idLow)
    }

    /// Reads the clock, and writes its text anew where the millisecond is another.
    mutating func refreshTimestamp() {
        let milliseconds = Timestamp.now().microseconds / 1000
        guard milliseconds != stampMilliseconds else { return }
        stampMilliseconds = milliseconds
        let stamp = Timestamp(microseconds: milliseconds * 1000)
        chunkTail.withUnsafeMutableBufferPointer { tail in
            _ = stamp.write(into: UnsafeMutableBufferPointer(rebasing: tail[Self.timestampPlace]))
        }
    }
}

/// Writes what a client says.
package struct ClientEventEncoder: Sendable {
    package init() {}

    /// The text of one frame.
    package func encode(_ event: ClientEvent) -> ByteBuffer {
        JSONFrame.encode(
            OutgoingEnvelope(
                id: event.id.text, type: event.command.type, payload: event.command,
                timestamp: Timestamp.now().iso8601))
    }
}

extension ClientEvent.Command {
    /// The `type` of the envelope.
    package var type: String {
        switch self {
        case .send: "message.send"
        case .stop: "message.stop"
        case .resume: "message.resume"
        case .authenticate: "auth"
        }
    }
}

private struct OutgoingEnvelope<Payload: Encodable>: Encodable {
    var id: String
    var type: String
    var payload: Payload
    var timestamp: String
}

/// The payload alone, without its name.
extension ServerEvent: Encodable {
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .connectionReady(let payload): try payload.encode(to: encoder)
        case .connectionError(let payload): try payload.encode(to: encoder)
        case .queued(let payload): try payload.encode(to: encoder)
        case .streamingStart(let payload): try payload.encode(to: encoder)
        case .streamingChunk(let payload): try payload.encode(to: encoder)
        case .streamingRestart(let payload): try payload.encode(to: encoder)
        case .streamingComplete(let payload): try payload.encode(to: encoder)
        case .streamingError(let payload): try payload.encode(to: encoder)
        case .success(let payload): try payload.encode(to: encoder)
        case .authenticated(let payload): try payload.encode(to: encoder)
        case .failure(let payload): try payload.encode(to: encoder)
        }
    }
}

/// The payload alone, without its name.
extension ClientEvent.Command: Encodable {
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .send(let payload): try payload.encode(to: encoder)
        case .stop(let payload): try payload.encode(to: encoder)
        case .resume(let payload): try payload.encode(to: encoder)
        case .authenticate(let payload): try payload.encode(to: encoder)
        }
    }
}

private enum JSONFrame {
    static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        do {
            return ByteBuffer(data: try encoder.encode(value))
        } catch {
            // Only a number that is not finite cannot be written, and JSON cannot have brought one in.
            preconditionFailure("an event cannot be written as JSON: \(error)")
        }
    }
}

package import NIOCore

/// Writes what a frontend says. Bound to one event loop, which shares one encoder among its connections.
///
/// Chunk events have a way of their own (`measureChunk`, `writeChunk`), which allocates nothing.
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
        var json = JSONWriter()
        json.beginObject()
        json.member("id", UUIDText.format(high: id.high, low: id.low))
        json.member("type", event.type)
        json.name("payload")
        json.beginObject()
        event.write(to: &json)
        json.endObject()
        json.name("timestamp")
        json.plainString(chunkTail[Self.timestampPlace])
        json.endObject()
        return json.buffer
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
        var json = JSONWriter()
        json.beginObject()
        json.member("id", event.id.text)
        json.member("type", event.command.type)
        json.name("payload")
        json.beginObject()
        event.command.write(to: &json)
        json.endObject()
        json.member("timestamp", Timestamp.now().iso8601)
        json.endObject()
        return json.buffer
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

package import NIOCore

/// What all chunk events of one stream share, written once when the stream begins.
package struct ChunkEventTemplate: Sendable {
    /// From behind the event's id to the cursor.
    fileprivate let prefix: [UInt8]

    package init(request: RequestID, message: MessageID) {
        prefix = Array(
            #"","type":"message.streaming.chunk","payload":{"request_id":"\#(request.text)","message_id":"\#(message.text)","cursor":""#
                .utf8)
    }
}

/// One chunk event whose length is known before a byte is written, so that a frame's header can stand before it.
package struct MeasuredChunkEvent {
    fileprivate var cursor: EntryID
    fileprivate var text: String
    fileprivate var escapes: Bool
    /// Bytes that the event takes.
    package fileprivate(set) var length: Int
}

extension ServerEventEncoder {
    /// Measures the chunk event of `text`: one scan of its bytes.
    package func measureChunk(
        _ template: ChunkEventTemplate, cursor: EntryID, text: String
    ) -> MeasuredChunkEvent {
        var text = text
        let (bytes, extra) = text.withUTF8 { ($0.count, JSONText.escapeGrowth(of: $0)) }
        let length =
            ChunkParts.opening.utf8CodeUnitCount + 36 + template.prefix.count + JSONText.decimalLength(cursor.attempt)
            + 1 + JSONText.decimalLength(cursor.index) + ChunkParts.content.utf8CodeUnitCount + bytes + extra
            + ChunkParts.closing.utf8CodeUnitCount + Timestamp.textLength + 2
        return MeasuredChunkEvent(cursor: cursor, text: text, escapes: extra > 0, length: length)
    }

    /// Appends the event to `buffer`, exactly `event.length` bytes in one reservation. No allocation where the buffer has
    /// room.
    package mutating func writeChunk(
        _ event: MeasuredChunkEvent, _ template: ChunkEventTemplate, into buffer: inout ByteBuffer
    ) {
        let id = nextID()
        refreshTimestamp()
        var text = event.text
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: event.length) { raw in
            let target = UnsafeMutableBufferPointer(
                start: raw.baseAddress!.assumingMemoryBound(to: UInt8.self), count: event.length)
            var offset = 0
            func put(_ part: StaticString) {
                part.withUTF8Buffer { bytes in
                    (target.baseAddress! + offset).update(from: bytes.baseAddress!, count: bytes.count)
                    offset += bytes.count
                }
            }
            func put(_ part: [UInt8]) {
                part.withUnsafeBufferPointer { bytes in
                    (target.baseAddress! + offset).update(from: bytes.baseAddress!, count: bytes.count)
                    offset += bytes.count
                }
            }
            put(ChunkParts.opening)
            offset += UUIDText.write(
                high: id.high, low: id.low, into: UnsafeMutableBufferPointer(rebasing: target[offset...]))
            put(template.prefix)
            offset += JSONText.writeDecimal(event.cursor.attempt, into: target.baseAddress! + offset)
            target[offset] = UInt8(ascii: "-")
            offset += 1
            offset += JSONText.writeDecimal(event.cursor.index, into: target.baseAddress! + offset)
            put(ChunkParts.content)
            text.withUTF8 { bytes in
                guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
                if event.escapes {
                    offset += JSONText.writeEscaped(bytes, into: target.baseAddress! + offset)
                } else {
                    (target.baseAddress! + offset).update(from: base, count: bytes.count)
                    offset += bytes.count
                }
            }
            put(ChunkParts.closing)
            put(timestampText)
            put(#""}"#)
            assert(offset == event.length)
            return offset
        }
    }
}

private enum ChunkParts {
    static let opening: StaticString = #"{"id":""#
    static let content: StaticString = #"","chunk":{"type":"text","content":""#
    static let closing: StaticString = #""}},"timestamp":""#
}

package import NIOCore

/// What all chunk events of one stream share, written once when the stream begins.
package struct ChunkEventTemplate: Sendable {
    /// From the beginning to the cursor; the place of the event's id is free.
    fileprivate let head: [UInt8]

    package init(request: RequestID, message: MessageID) {
        let free = String(repeating: "-", count: 36)
        head = Array(
            #"{"id":"\#(free)","type":"message.streaming.chunk","payload":{"request_id":"\#(request.text)","message_id":"\#(message.text)","cursor":""#
                .utf8)
    }

    /// Where the event's id stands.
    fileprivate static let idOffset = 7
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
    private static let content: StaticString = #"","chunk":{"type":"text","content":""#

    /// Measures the chunk event of `text`: one scan of its bytes.
    package func measureChunk(
        _ template: ChunkEventTemplate, cursor: EntryID, text: String
    ) -> MeasuredChunkEvent {
        let (bytes, extra) = text.withContiguousUTF8 { ($0.count, JSONText.escapeGrowth(of: $0)) }
        let length =
            template.head.count + JSONText.decimalLength(cursor.attempt) + 1 + JSONText.decimalLength(cursor.index)
            + Self.content.utf8CodeUnitCount + bytes + extra + Self.chunkTailLength
        return MeasuredChunkEvent(cursor: cursor, text: text, escapes: extra > 0, length: length)
    }

    /// Appends the event to `buffer`, exactly `event.length` bytes in one reservation. No allocation where the buffer has
    /// room.
    package mutating func writeChunk(
        _ event: MeasuredChunkEvent, _ template: ChunkEventTemplate, into buffer: inout ByteBuffer
    ) {
        let id = nextID()
        refreshTimestamp()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: event.length) { raw in
            let start = raw.baseAddress!.assumingMemoryBound(to: UInt8.self)
            var end = start
            func put(_ bytes: UnsafeBufferPointer<UInt8>) {
                guard let base = bytes.baseAddress else { return }
                end.update(from: base, count: bytes.count)
                end += bytes.count
            }
            template.head.withUnsafeBufferPointer(put)
            _ = UUIDText.write(
                high: id.high, low: id.low,
                into: UnsafeMutableBufferPointer(start: start + ChunkEventTemplate.idOffset, count: 36))
            end += JSONText.writeDecimal(event.cursor.attempt, into: end)
            end.pointee = UInt8(ascii: "-")
            end += 1
            end += JSONText.writeDecimal(event.cursor.index, into: end)
            Self.content.withUTF8Buffer(put)
            event.text.withContiguousUTF8 { bytes in
                if event.escapes {
                    end += JSONText.writeEscaped(bytes, into: end)
                } else {
                    put(bytes)
                }
            }
            chunkTail.withUnsafeBufferPointer(put)
            assert(end - start == event.length)
            return end - start
        }
    }
}

import Shared

/// A chunk event, read where it lies.
///
/// Frontends write the members of chunk events in one order, so this compares what never changes and reads what does. A chunk
/// event that is written otherwise, or whose text has escapes, is JSON all the same: `read` returns nil and a decoder reads it.
struct ScannedChunk {
    /// 36 bytes.
    var requestID: UnsafeRawBufferPointer
    var cursor: EntryID
    var content: UnsafeRawBufferPointer

    private static let type: StaticString = #"","type":"message.streaming.chunk","payload":{"request_id":""#
    private static let messageID: StaticString = #"","message_id":""#
    private static let cursorName: StaticString = #"","cursor":""#
    private static let chunk: StaticString = #"","chunk":{"type":"text","content":""#
    private static let closing: StaticString = #""}},"timestamp":""#
    private static let opening: StaticString = #"{"id":""#

    /// The chunk that `event` is, or nil where it is something else or written otherwise.
    static func read(_ event: UnsafeRawBufferPointer) -> ScannedChunk? {
        var offset = opening.utf8CodeUnitCount + 36
        guard opening.stands(in: event, at: 0), type.stands(in: event, at: offset) else { return nil }
        offset += type.utf8CodeUnitCount
        guard event.count > offset + 72 else { return nil }
        let requestID = UnsafeRawBufferPointer(rebasing: event[offset..<offset + 36])
        offset += 36
        guard messageID.stands(in: event, at: offset) else { return nil }
        offset += messageID.utf8CodeUnitCount + 36
        guard cursorName.stands(in: event, at: offset) else { return nil }
        offset += cursorName.utf8CodeUnitCount
        guard let attempt = decimal(event, &offset), offset < event.count, event[offset] == UInt8(ascii: "-") else {
            return nil
        }
        offset += 1
        guard let index = decimal(event, &offset), chunk.stands(in: event, at: offset) else { return nil }
        offset += chunk.utf8CodeUnitCount
        let start = offset
        while offset < event.count, event[offset] != UInt8(ascii: "\""), event[offset] != UInt8(ascii: "\\") {
            offset += 1
        }
        guard closing.stands(in: event, at: offset) else { return nil }
        return ScannedChunk(
            requestID: requestID, cursor: EntryID(attempt: attempt, index: index),
            content: UnsafeRawBufferPointer(rebasing: event[start..<offset]))
    }

    /// A number of at most 15 digits.
    private static func decimal(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
        let start = offset
        var value: UInt64 = 0
        while offset < bytes.count, offset - start < 15 {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + UInt64(digit)
            offset += 1
        }
        return offset > start ? value : nil
    }
}

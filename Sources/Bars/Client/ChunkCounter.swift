/// Counts the tokens of a chunk event without reading it: texts of the `count` generator have one space behind each number, and nothing
/// else in the event has any. Pure.
enum ChunkCounter {
    private static let type = Array(#"message.streaming.chunk""#.utf8)
    /// Where the type stands in an event, behind its id.
    private static let typeOffset = #"{"id":""#.utf8.count + 36 + #"","type":""#.utf8.count
    /// Where its text begins at the earliest.
    private static let textOffset =
        typeOffset + #"message.streaming.chunk","payload":{"request_id":""#.utf8.count + 36
        + #"","message_id":""#.utf8.count + 36 + #"","cursor":"1-1","chunk":{"type":"text","content":""#.utf8.count
    /// What follows the text.
    private static let tail = #""}},"timestamp":"2026-11-21T15:05:27.702671Z"}"#.utf8.count

    /// The number of tokens, or nil where `event` is no chunk.
    static func tokens(of event: UnsafeRawBufferPointer) -> Int? {
        guard event.count > textOffset + tail,
            type.withUnsafeBytes({ event[typeOffset..<typeOffset + type.count].elementsEqual($0) })
        else { return nil }
        var count = 0
        for byte in event[textOffset..<event.count - tail] where byte == UInt8(ascii: " ") { count &+= 1 }
        return count
    }
}

/// As much of Redis's protocol as the parts need. Pure.
enum RESP {
    /// A command as it goes over the wire.
    static func command(_ words: [String]) -> [UInt8] {
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        return Array(text.utf8)
    }

    /// The text of a whole bulk string, or the line of another reply; nil where the reply is not whole. Throws what Redis complains of.
    static func simpleAnswer(_ bytes: [UInt8]) throws -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: bytes[..<max(end - 1, 0)], as: UTF8.self)
        switch line.first {
        case "-": throw BarsFailure("Redis says: \(line.dropFirst())")
        case "$":
            guard let length = Int(line.dropFirst()), length >= 0 else { return "" }
            guard bytes.count >= end + 1 + length + 2 else { return nil }
            return String(decoding: bytes[(end + 1)..<(end + 1 + length)], as: UTF8.self)
        default: return String(line.dropFirst())
        }
    }
}

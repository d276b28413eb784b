import Benchmarking
import NIOCore
import Shared

/// What the stages are measured with: an answer as a model says it.
enum Sample {
    static let request = RequestID("0b0ffb2e-3d2c-4a4a-9a55-6c1f5d8a7b10")!
    static let keys = RedisKeys()
    /// One token.
    static let token = "tokens "
    /// Sixteen tokens that left as one entry, 112 bytes.
    static let text = String(repeating: token, count: 16)
    /// 98 bytes of code, 35 of which JSON escapes.
    static let code = String(repeating: "let a = \"b\\\\c\"\n", count: 7)

    static func chunk(_ index: UInt64, _ text: String = token) -> TokenChunk {
        TokenChunk(id: EntryID(attempt: 1, index: index), text: text, tokens: text == token ? 1 : 16)
    }

    /// What the feed says of a chunk.
    static func payload(_ index: UInt64, _ text: String = token) -> [UInt8] {
        Array("1-\(index) c \(text == token ? 1 : 16) \(text)".utf8)
    }

    /// Redis's bulk string of these bytes.
    static func bulk(_ bytes: [UInt8]) -> [UInt8] { Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10] }
    static func bulk(_ text: String) -> [UInt8] { bulk(Array(text.utf8)) }
}

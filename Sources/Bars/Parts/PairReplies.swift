/// Counts the replies to pairs of XADD and PUBLISH: an id as a bulk string and a number, three lines in all. Pure.
struct PairReplies {
    private var lines = 0
    private var isAtLineStart = true
    /// Whether Redis refused something.
    private(set) var hasError = false

    /// Pairs that were answered.
    var pairs: Int { lines / 3 }

    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if isAtLineStart, byte == UInt8(ascii: "-") { hasError = true }
            isAtLineStart = byte == UInt8(ascii: "\n")
            if isAtLineStart { lines += 1 }
        }
    }
}

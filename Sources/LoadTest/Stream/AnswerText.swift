/// The text of an answer, as it comes: not kept, but reckoned up, so that it can be compared with what is saved.
///
/// Of the `count` generator it is known: `0 1 2 …`, or with times `0@<t> 1@<t> …`, where t is in microseconds since 1970. Pure.
struct AnswerText: Hashable, Sendable {
    /// What is wrong with a chunk.
    enum Fault: Hashable, Sendable {
        /// `found` came where `expected` was due.
        case missing(expected: Int, found: Int)
        case repeated(expected: Int, found: Int)
        /// Something that is no number.
        case strange(afterToken: Int)
    }

    /// Whether the text is that of the `count` generator.
    let isCounted: Bool
    /// Tokens that came; of unknown text, chunks.
    private(set) var tokens = 0
    private(set) var bytes = 0
    /// FNV-1a of all bytes.
    private(set) var hash: UInt64 = Self.emptyHash

    static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(isCounted: Bool) { self.isCounted = isCounted }

    /// Takes the text of a chunk; calls `said` with the time of each token that has one. Returns the first fault. After a fault it goes on
    /// behind what it found, so that one fault is told once.
    mutating func take(_ content: UnsafeRawBufferPointer, said: (Int64) -> Void) -> Fault? {
        bytes += content.count
        var hash = hash
        for byte in content { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.hash = hash
        guard isCounted else {
            tokens += 1
            return nil
        }
        var fault: Fault?
        var offset = 0
        while offset < content.count {
            guard let number = Self.decimal(content, &offset), offset < content.count else {
                return fault ?? .strange(afterToken: tokens - 1)
            }
            if content[offset] == UInt8(ascii: "@") {
                offset += 1
                guard let time = Self.decimal(content, &offset), offset < content.count else {
                    return fault ?? .strange(afterToken: tokens - 1)
                }
                said(Int64(time))
            }
            guard content[offset] == UInt8(ascii: " ") else { return fault ?? .strange(afterToken: tokens - 1) }
            offset += 1
            if number != tokens, fault == nil {
                fault =
                    number > tokens
                    ? .missing(expected: tokens, found: number) : .repeated(expected: tokens, found: number)
            }
            tokens = number + 1
        }
        return fault
    }

    /// The hash of a whole text.
    static func hash(of text: some Sequence<UInt8>) -> UInt64 {
        text.reduce(emptyHash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
        let start = offset
        var value = 0
        while offset < bytes.count, offset - start < 18 {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int(digit)
            offset += 1
        }
        return offset > start ? value : nil
    }
}

/// Tells whether bytes that come piece by piece are UTF-8 (RFC 3629), as early as the first byte that cannot be.
package struct UTF8Validator {
    /// Continuation bytes that the present code point still needs.
    private var needed: UInt8 = 0
    /// The bounds of the next of them: narrower for the second byte of some sequences (overlong forms, surrogates, beyond
    /// U+10FFFF).
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    package init() {}

    /// Whether the bytes so far end with a whole code point.
    package var isComplete: Bool { needed == 0 }

    /// Takes more bytes. False where what came so far can no longer become UTF-8.
    package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            if needed == 0 {
                while index + 8 <= count,
                    bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                }
                guard index < count else { break }
                guard begin(bytes[index]) else { return false }
            } else {
                guard bytes[index] >= lower, bytes[index] <= upper else { return false }
                (lower, upper) = (0x80, 0xBF)
                needed -= 1
            }
            index += 1
        }
        return true
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, lower) = (2, 0xA0)
        case 0xE1...0xEC, 0xEE, 0xEF: needed = 2
        case 0xED: (needed, upper) = (2, 0x9F)
        case 0xF0: (needed, lower) = (3, 0x90)
        case 0xF1...0xF3: needed = 3
        case 0xF4: (needed, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}

/// The text form of a UUID (RFC 9562, section 4), without Foundation.
package enum UUIDText {
    /// Whether `text` is 32 hexadecimal digits in groups of 8-4-4-4-12.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        var position = 0
        for byte in bytes {
            switch position {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return false }
            default:
                guard isHexDigit(byte) else { return false }
            }
            position += 1
        }
        return true
    }

    /// A random UUID of version 4, in lower case.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return format(high: generator.next(), low: generator.next())
    }

    /// The UUID of version 4 made from these 128 bits (six of them are overwritten by version and variant).
    package static func format(high: UInt64, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { write(high: high, low: low, into: $0) }
    }

    /// Writes the 36 bytes of the UUID into `target`, which must hold that many. Returns 36.
    package static func write(high: UInt64, low: UInt64, into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let high = (high & ~0xF000) | 0x4000
        let low = (low & ~(0b11 << 62)) | (0b10 << 62)
        var offset = 0
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                target[offset] = UInt8(ascii: "-")
                offset += 1
            }
            let word = nibble < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble & 15))) & 0xF
            target[offset] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            offset += 1
        }
        return offset
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default:
            false
        }
    }
}

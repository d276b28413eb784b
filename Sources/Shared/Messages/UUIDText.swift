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
        let text = UnsafeMutableRawBufferPointer(target)
        precondition(text.count >= 36, "no room for a UUID")
        func put(_ digits: some FixedWidthInteger, at place: Int) {
            text.storeBytes(of: digits.littleEndian, toByteOffset: place, as: type(of: digits))
        }
        func dash(at place: Int) { text[place] = UInt8(ascii: "-") }
        put(digits(UInt32(truncatingIfNeeded: high >> 32)), at: 0)
        dash(at: 8)
        let middle = digits(UInt32(truncatingIfNeeded: high))
        put(UInt32(truncatingIfNeeded: middle), at: 9)
        dash(at: 13)
        put(UInt32(truncatingIfNeeded: middle >> 32), at: 14)
        dash(at: 18)
        let late = digits(UInt32(truncatingIfNeeded: low >> 32))
        put(UInt32(truncatingIfNeeded: late), at: 19)
        dash(at: 23)
        put(UInt32(truncatingIfNeeded: late >> 32), at: 24)
        put(digits(UInt32(truncatingIfNeeded: low)), at: 28)
        return 36
    }

    /// The eight hexadecimal digits of a number, the first in the lowest byte: all at once.
    private static func digits(_ number: UInt32) -> UInt64 {
        // A digit to a byte.
        var digits = UInt64(number & 0xFFFF) << 32 | UInt64(number >> 16)
        digits = (digits & 0x0000_00FF_0000_00FF) << 16 | (digits & 0x0000_FF00_0000_FF00) >> 8
        digits = (digits & 0x000F_000F_000F_000F) << 8 | (digits & 0x00F0_00F0_00F0_00F0) >> 4
        // 1 in every byte that is ten or more: these are letters, 39 places behind where the figures would go on.
        let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 39
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

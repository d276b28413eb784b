/// JSON text written byte by byte, for the paths that cannot afford an encoder.
package enum JSONText {
    /// How many bytes more than its UTF-8 a string takes between the quotes of a JSON string (RFC 8259, section 7).
    package static func escapeGrowth(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var growth = 0
        for byte in bytes where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"),
                0x08, 0x0C:
                growth += 1
            default:
                growth += 5
            }
        }
        return growth
    }

    /// Writes `bytes` escaped; `target` must have room for `bytes.count + escapeGrowth(of: bytes)`. Returns the bytes written.
    package static func writeEscaped(
        _ bytes: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var offset = 0
        func escape(_ character: Unicode.Scalar) {
            target[offset] = UInt8(ascii: "\\")
            target[offset + 1] = UInt8(ascii: character)
            offset += 2
        }
        for byte in bytes {
            if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                target[offset] = byte
                offset += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): escape("\"")
            case UInt8(ascii: "\\"): escape("\\")
            case UInt8(ascii: "\n"): escape("n")
            case UInt8(ascii: "\r"): escape("r")
            case UInt8(ascii: "\t"): escape("t")
            case 0x08: escape("b")
            case 0x0C: escape("f")
            default:
                escape("u")
                target[offset] = UInt8(ascii: "0")
                target[offset + 1] = UInt8(ascii: "0")
                target[offset + 2] = UInt8(ascii: "0") + (byte >> 4)
                let low = byte & 0xF
                target[offset + 3] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") - 10 + low
                offset += 4
            }
        }
        return offset
    }

    /// The number of decimal digits of `value`.
    package static func decimalLength(_ value: UInt64) -> Int {
        var length = 1
        var rest = value / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        return length
    }

    /// Writes `value` in decimal; `target` must have room for `decimalLength(value)`. Returns the bytes written.
    package static func writeDecimal(_ value: UInt64, into target: UnsafeMutablePointer<UInt8>) -> Int {
        let length = decimalLength(value)
        var rest = value
        for place in stride(from: length - 1, through: 0, by: -1) {
            target[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return length
    }
}

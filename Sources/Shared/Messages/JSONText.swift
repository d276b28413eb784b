/// JSON text written byte by byte, for the paths that cannot afford an encoder.
package enum JSONText {
    /// How many bytes more than its UTF-8 a string takes between the quotes of a JSON string (RFC 8259, section 7).
    package static func escapeGrowth(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var growth = 0
        var offset = 0
        while offset < raw.count {
            offset += plain(raw, from: offset)
            let end = min(offset + 8, raw.count)
            while offset < end {
                growth += Self.growth(of: raw[offset])
                offset += 1
            }
        }
        return growth
    }

    private static func growth(of byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"), 0x08,
            0x0C:
            1
        case 0..<0x20: 5
        default: 0
        }
    }

    /// How many of the bytes behind `start` are written as they are, as far as whole words of eight tell.
    private static func plain(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // The highest bit of a byte that is below 0x20, a quote or a backslash; of bytes before these, none.
            let control = (word &- 0x2020_2020_2020_2020) & ~word
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found =
                control | (quote &- 0x0101_0101_0101_0101) & ~quote | (backslash &- 0x0101_0101_0101_0101) & ~backslash
            guard found & 0x8080_8080_8080_8080 == 0 else { break }
            offset += 8
        }
        return offset - start
    }

    /// Writes `bytes` escaped; `target` must have room for `bytes.count + escapeGrowth(of: bytes)`. Returns the bytes written.
    package static func writeEscaped(
        _ bytes: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var read = 0
        var written = 0
        while read < raw.count {
            let plain = plain(raw, from: read)
            if plain > 0, let source = bytes.baseAddress {
                (target + written).update(from: source + read, count: plain)
                read += plain
                written += plain
            }
            let end = min(read + 8, raw.count)
            while read < end {
                written += write(raw[read], into: target + written)
                read += 1
            }
        }
        return written
    }

    /// Writes one byte, escaped where it must be. Returns the bytes written.
    private static func write(_ byte: UInt8, into target: UnsafeMutablePointer<UInt8>) -> Int {
        let mark: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): mark = byte
        case UInt8(ascii: "\n"): mark = UInt8(ascii: "n")
        case UInt8(ascii: "\r"): mark = UInt8(ascii: "r")
        case UInt8(ascii: "\t"): mark = UInt8(ascii: "t")
        case 0x08: mark = UInt8(ascii: "b")
        case 0x0C: mark = UInt8(ascii: "f")
        case 0..<0x20:
            let low = byte & 0xF
            target[0] = UInt8(ascii: "\\")
            target[1] = UInt8(ascii: "u")
            target[2] = UInt8(ascii: "0")
            target[3] = UInt8(ascii: "0")
            target[4] = UInt8(ascii: "0") + (byte >> 4)
            target[5] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") - 10 + low
            return 6
        default:
            target[0] = byte
            return 1
        }
        target[0] = UInt8(ascii: "\\")
        target[1] = mark
        return 2
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

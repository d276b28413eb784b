/// A string in JSON text, where it stands there: well-formed, and valid UTF-8.
struct JSONString {
    /// What stands between its quotes.
    let bytes: UnsafeRawBufferPointer
    /// Whether nothing of it is escaped.
    let isPlain: Bool

    /// The string that begins at `start`, behind its opening quote. Nil where it is not as RFC 8259 has strings.
    init?(in text: UnsafeRawBufferPointer, from start: Int) {
        var offset = start
        var isPlain = true
        while true {
            offset = Self.passOrdinary(text, from: offset)
            guard offset < text.count else { return nil }
            switch text[offset] {
            case UInt8(ascii: "\""):
                bytes = UnsafeRawBufferPointer(rebasing: text[start..<offset])
                self.isPlain = isPlain
                return
            case UInt8(ascii: "\\"):
                guard let length = Self.escapeLength(text, at: offset) else { return nil }
                offset += length
                isPlain = false
            case 0x20..<0x80: offset += 1
            case 0x80...:
                guard let length = Self.scalarLength(text, at: offset) else { return nil }
                offset += length
            default: return nil
            }
        }
    }

    /// Passes over what is neither a quote, a backslash, a control character nor beyond ASCII, eight bytes at a time.
    private static func passOrdinary(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset + 8 <= text.count {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            // The highest bit of each byte that is special; a byte above the first of them may be marked without being it.
            let special =
                (word | (word &- 0x2020_2020_2020_2020) | ((word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101)
                    | ((word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080
            guard special == 0 else { return offset + special.trailingZeroBitCount / 8 }
            offset += 8
        }
        return offset
    }

    /// The bytes of the escape whose backslash is at `offset`.
    private static func escapeLength(_ text: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard offset + 1 < text.count else { return nil }
        switch text[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard offset + 6 <= text.count, codeUnit(text, at: offset + 2) != nil else { return nil }
            return 6
        default: return nil
        }
    }

    /// The number of the four hexadecimal digits at `offset`.
    private static func codeUnit(_ text: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
        var unit: UInt32 = 0
        for place in offset..<offset + 4 {
            let byte = text[place]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The bytes of the character beyond ASCII at `offset`: two to four, of which the second tells overlong forms, surrogates and what is
    /// beyond Unicode (RFC 3629, section 4).
    private static func scalarLength(_ text: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch text[offset] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard offset + length <= text.count, second.contains(text[offset + 1]) else { return nil }
        for place in 2..<max(length, 2) where text[offset + place] & 0xC0 != 0x80 { return nil }
        return length
    }
}

extension JSONString {
    /// The text it stands for. Throws where half a pair of surrogates is in it.
    func text() throws(JSONError) -> String {
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        var isTorn = false
        let text = String(unsafeUninitializedCapacity: bytes.count) { target in
            // No escape is shorter than what it stands for.
            guard let count = unescape(into: target) else {
                isTorn = true
                return 0
            }
            return count
        }
        if isTorn { throw JSONError(.unrepresentable) }
        return text
    }

    /// Whether it stands for this text.
    func isText(_ text: StaticString) -> Bool {
        if isPlain {
            guard bytes.count == text.utf8CodeUnitCount else { return false }
            for place in 0..<bytes.count where bytes[place] != text.utf8Start[place] { return false }
            return true
        }
        guard let own = try? self.text() else { return false }
        return text.withUTF8Buffer { own.utf8.elementsEqual($0) }
    }

    /// Nil where half a pair of surrogates is in it.
    private func unescape(into target: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        var (source, offset) = (0, 0)
        func put(_ byte: UInt8) {
            target[offset] = byte
            offset += 1
        }
        while source < bytes.count {
            let byte = bytes[source]
            guard byte == UInt8(ascii: "\\") else {
                put(byte)
                source += 1
                continue
            }
            let escape = bytes[source + 1]
            source += 2
            switch escape {
            case UInt8(ascii: "b"): put(0x08)
            case UInt8(ascii: "f"): put(0x0C)
            case UInt8(ascii: "n"): put(0x0A)
            case UInt8(ascii: "r"): put(0x0D)
            case UInt8(ascii: "t"): put(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(at: &source) else { return nil }
                for byte in UTF8.encode(scalar) ?? .init() { put(byte) }
            default: put(escape)
            }
        }
        return offset
    }

    /// The character whose four hexadecimal digits are at `source`, with those of the second half of a pair.
    private func scalar(at source: inout Int) -> Unicode.Scalar? {
        guard var value = Self.codeUnit(bytes, at: source) else { return nil }
        source += 4
        if value & 0xFC00 == 0xD800 {
            guard source + 6 <= bytes.count, bytes[source] == UInt8(ascii: "\\"),
                bytes[source + 1] == UInt8(ascii: "u"), let low = Self.codeUnit(bytes, at: source + 2),
                low & 0xFC00 == 0xDC00
            else { return nil }
            value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
            source += 6
        }
        return Unicode.Scalar(value)
    }
}

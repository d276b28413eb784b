/// Walks over JSON text in UTF-8, as RFC 8259 has it: one pass, nothing allocated, and no decoder, whose generic code costs ten times as much and,
/// where it did not run for a while, a hundred times.
///
/// Whatever it passes is checked, also what nobody asks for. A byte order mark before the text is passed over (section 8.1). Half a
/// pair of surrogates may stand in a string (section 8.2); whoever asks for the text of that string is refused. A reader that has thrown is
/// of no further use. The bytes must outlive the reader and all that it returns.
struct JSONReader {
    typealias Limits = JSONOutline.Limits

    /// The depth that decoders take when nothing else is said.
    static let usualLimits = Limits(values: .max, depth: 512)

    let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let limits: Limits
    private var depth = 0
    private var values = 0
    /// Whether the innermost object or array has just been entered.
    private var isFirst = false

    init(_ bytes: UnsafeRawBufferPointer, limits: Limits = Self.usualLimits) {
        self.bytes = bytes
        self.limits = limits
        let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        offset = hasMark ? 3 : 0
    }

    /// Reads a value again that stands at `element`.
    init(_ element: JSONElement) {
        bytes = element.bytes
        offset = element.offset
        limits = Self.usualLimits
    }

    /// Where the next value begins, and what it is by its first byte; nil where there is none.
    mutating func next() -> (offset: Int, kind: JSONElement.Kind)? {
        JSONElement.Kind(firstByte: peek()).map { (offset, $0) }
    }

    /// The next byte that is no white space; 0, which stands nowhere in JSON, at the end.
    private mutating func peek() -> UInt8 {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset += 1
        }
        return 0
    }

    /// Demands that nothing follows.
    mutating func end() throws(JSONError) {
        _ = peek()
        guard offset == bytes.count else { throw JSONError(.malformed) }
    }

    // MARK: Objects and arrays

    mutating func enterObject() throws(JSONError) { try enter(by: UInt8(ascii: "{")) }

    mutating func enterArray() throws(JSONError) { try enter(by: UInt8(ascii: "[")) }

    private mutating func enter(by opening: UInt8) throws(JSONError) {
        guard peek() == opening else { throw JSONError(.malformed) }
        offset += 1
        depth += 1
        isFirst = true
        guard depth <= limits.depth else { throw JSONError(.excessive) }
        try count()
    }

    /// The name of the next member of the object that was entered; its value comes next. Nil, and out of the object, behind the last.
    mutating func nextName() throws(JSONError) -> JSONString? {
        guard try advance(to: UInt8(ascii: "}")) else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw JSONError(.malformed) }
        let name = try string()
        guard peek() == UInt8(ascii: ":") else { throw JSONError(.malformed) }
        offset += 1
        return name
    }

    /// Whether the array that was entered has another element, which comes next; if not, it is left.
    mutating func nextElement() throws(JSONError) -> Bool { try advance(to: UInt8(ascii: "]")) }

    private mutating func advance(to end: UInt8) throws(JSONError) -> Bool {
        let byte = peek()
        let wasFirst = isFirst
        isFirst = false
        if byte == end {
            offset += 1
            depth -= 1
            return false
        }
        if wasFirst { return true }
        guard byte == UInt8(ascii: ",") else { throw JSONError(.malformed) }
        offset += 1
        try count()
        return true
    }

    /// Values are counted as `JSONOutline` does: an empty object or array is one, and each comma one more.
    private mutating func count() throws(JSONError) {
        values += 1
        guard values <= limits.values else { throw JSONError(.excessive) }
    }

    // MARK: Values

    /// Reads to behind the next value.
    mutating func skipValue() throws(JSONError) {
        switch JSONElement.Kind(firstByte: peek()) {
        case .object:
            try enterObject()
            while try nextName() != nil { try skipValue() }
        case .array:
            try enterArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .bool: _ = try bool()
        case .null: try null()
        case nil: throw JSONError(.malformed)
        }
    }

    mutating func null() throws(JSONError) {
        guard take("null") else { throw JSONError(.malformed) }
    }

    mutating func bool() throws(JSONError) -> Bool {
        if take("true") { return true }
        guard take("false") else { throw JSONError(.malformed) }
        return false
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        for place in 0..<count where bytes[offset + place] != word.utf8Start[place] { return false }
        offset += count
        return true
    }

    mutating func number() throws(JSONError) -> JSONNumber {
        let start = offset
        if at(UInt8(ascii: "-")) { offset += 1 }
        if at(UInt8(ascii: "0")) { offset += 1 } else { try digits() }
        var isWhole = true
        if at(UInt8(ascii: ".")) {
            isWhole = false
            offset += 1
            try digits()
        }
        if at(UInt8(ascii: "e")) || at(UInt8(ascii: "E")) {
            isWhole = false
            offset += 1
            if at(UInt8(ascii: "+")) || at(UInt8(ascii: "-")) { offset += 1 }
            try digits()
        }
        return JSONNumber(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), isWhole: isWhole)
    }

    private func at(_ byte: UInt8) -> Bool { offset < bytes.count && bytes[offset] == byte }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while offset < bytes.count, bytes[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
        guard offset > start else { throw JSONError(.malformed) }
    }

    /// The string whose opening quote comes next.
    mutating func string() throws(JSONError) -> JSONString {
        guard let string = JSONString(in: bytes, from: offset + 1) else { throw JSONError(.malformed) }
        offset += string.bytes.count + 2
        return string
    }
}

/// JSON text as RFC 8259 has it, read without Foundation: what decoders are held to.
///
/// Where Foundation is known to be lenient (a byte order mark, a comma before a closing bracket, and whatever stands in strings that nobody asks for) the text is
/// read, too, but is contested.
indirect enum JSONTree: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        var name: String
        var value: JSONTree
    }

    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSONTree])
    /// In the order of the text, with names that stand there twice.
    case object([Member])
    /// The whole of a text that is not JSON, and may be taken for it.
    case lenient(JSONTree)

    /// Nil where `bytes` are not one JSON text.
    init?(_ bytes: [UInt8]) {
        // A byte order mark before it may be ignored (RFC 8259, section 8.1).
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        var reader = Reader(bytes: hasMark ? Array(bytes.dropFirst(3)) : bytes)
        guard let tree = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        guard reader.isAtEnd else { return nil }
        let isStrict = !hasMark && !reader.wasLenient && String(validating: bytes, as: UTF8.self) != nil
        self = isStrict ? tree : .lenient(tree)
    }

    /// The last member of that name.
    subscript(name: String) -> JSONTree? { members?.last { $0.name == name }?.value }

    var text: String? { if case .string(let text) = self { text } else { nil } }

    var number: Double? { if case .number(let text) = self { Double(text) } else { nil } }

    var members: [Member]? {
        switch self {
        case .object(let members): members
        case .lenient(let tree): tree.members
        case .null, .bool, .number, .string, .array: nil
        }
    }

    /// This value and all in it.
    var all: [JSONTree] {
        switch self {
        case .null, .bool, .number, .string: [self]
        case .array(let elements): [self] + elements.flatMap(\.all)
        case .object(let members): [self] + members.flatMap(\.value.all)
        case .lenient(let tree): [self] + tree.all
        }
    }

    /// How deep arrays and objects go.
    var depth: Int {
        switch self {
        case .null, .bool, .number, .string: 0
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        case .lenient(let tree): tree.depth
        }
    }

    /// Elements and members, an empty array or object counting for one.
    var count: Int {
        all.reduce(0) { sum, value in
            switch value {
            case .null, .bool, .number, .string, .lenient: sum
            case .array(let elements): sum + max(elements.count, 1)
            case .object(let members): sum + max(members.count, 1)
            }
        }
    }

    /// Whether decoders may differ on it: a name that stands twice in an object, half of a pair of surrogates, a number beyond doubles.
    var isContested: Bool {
        all.contains { value in
            switch value {
            case .object(let members):
                Set(members.map(\.name)).count < members.count || members.contains { Self.isTorn($0.name) }
            case .string(let text): Self.isTorn(text)
            case .number(let text):
                Double(text).map { !$0.isFinite || ($0 == 0 && text.contains { "123456789".contains($0) }) } ?? true
            case .lenient: true
            case .null, .bool, .array: false
            }
        }
    }

    /// What `Reader` puts in the place of half a pair of surrogates.
    fileprivate static let torn: Unicode.Scalar = "\u{10FFFE}"

    private static func isTorn(_ text: String) -> Bool { text.unicodeScalars.contains(torn) }
}

private struct Reader {
    let bytes: [UInt8]
    var offset = 0
    private(set) var wasLenient = false

    /// Beyond which nothing is read: the tests' own stack.
    private static let maximumDepth = 2000

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[offset...].starts(with: text.utf8) else { return false }
        offset += text.utf8.count
        return true
    }

    mutating func value(depth: Int) -> JSONTree? {
        skipSpace()
        guard depth < Self.maximumDepth, let byte = next else { return nil }
        switch byte {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        default:
            if take("null") { return .null }
            if take("true") { return .bool(true) }
            if take("false") { return .bool(false) }
            return number()
        }
    }

    private mutating func array(_ depth: Int) -> JSONTree? {
        var elements: [JSONTree] = []
        guard take("[") else { return nil }
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            guard let element = value(depth: depth + 1) else { return nil }
            elements.append(element)
            skipSpace()
            if take(",") { skipSpace() } else { break }
            if next == UInt8(ascii: "]") { wasLenient = true }
        } while next != UInt8(ascii: "]")
        return take("]") ? .array(elements) : nil
    }

    private mutating func object(_ depth: Int) -> JSONTree? {
        var members: [JSONTree.Member] = []
        guard take("{") else { return nil }
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard let name = string() else { return nil }
            skipSpace()
            guard take(":"), let value = value(depth: depth + 1) else { return nil }
            members.append(.init(name: name, value: value))
            skipSpace()
            if take(",") { skipSpace() } else { break }
            if next == UInt8(ascii: "}") { wasLenient = true }
        } while next != UInt8(ascii: "}")
        return take("}") ? .object(members) : nil
    }

    private mutating func number() -> JSONTree? {
        let start = offset
        while let byte = next, "+-.0123456789eE".utf8.contains(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard !text.isEmpty else { return nil }
        if text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) == nil { wasLenient = true }
        return .number(text)
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var units: [UInt16] = []
        var plain = offset
        func flush(_ end: Int) { units += String(decoding: bytes[plain..<end], as: UTF8.self).utf16 }
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                flush(offset)
                offset += 1
                return Self.text(units)
            case UInt8(ascii: "\\"):
                flush(offset)
                offset += 1
                if let unit = escape() { units.append(unit) } else { wasLenient = true }
                plain = offset
            case 0..<0x20:
                wasLenient = true
                offset += 1
            default: offset += 1
            }
        }
        return nil
    }

    private mutating func escape() -> UInt16? {
        let plain: [UInt8: UInt16] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
        ]
        guard let byte = next else { return nil }
        offset += 1
        if let unit = plain[byte] { return unit }
        guard byte == UInt8(ascii: "u"), offset + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
        guard digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        offset += 4
        return UInt16(digits, radix: 16)
    }

    private static func text(_ units: [UInt16]) -> String {
        var decoder = UTF16()
        var source = units.makeIterator()
        var text = ""
        while true {
            switch decoder.decode(&source) {
            case .scalarValue(let scalar): text.unicodeScalars.append(scalar)
            case .error: text.unicodeScalars.append(JSONTree.torn)
            case .emptyInput: return text
            }
        }
    }
}

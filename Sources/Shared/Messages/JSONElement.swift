/// One value of JSON text that was read before, where it stands there. The bytes must outlive it.
struct JSONElement {
    /// What a value is, told by its first byte.
    enum Kind: Hashable, Sendable {
        case null, bool, number, string, array, object

        init?(firstByte: UInt8) {
            switch firstByte {
            case UInt8(ascii: "\""): self = .string
            case UInt8(ascii: "{"): self = .object
            case UInt8(ascii: "["): self = .array
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
            case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
            case UInt8(ascii: "n"): self = .null
            default: return nil
            }
        }
    }

    /// The whole text.
    let bytes: UnsafeRawBufferPointer
    /// Where in it the value begins.
    let offset: Int
    let kind: Kind
    /// The member whose value it is, or in whose value it is: what errors name.
    let name: StaticString

    private func demand(_ kind: Kind, _ expected: String) throws(JSONError) {
        guard self.kind == kind else { throw wrong(expected) }
    }

    /// What to throw where it is not what it must be.
    func wrong(_ expected: String) -> JSONError { JSONError(.wrong(expected), field: name) }

    func string() throws(JSONError) -> String {
        try demand(.string, "a string")
        var reader = JSONReader(self)
        do { return try reader.string().text() } catch { throw JSONError(error.problem, field: name) }
    }

    func bool() throws(JSONError) -> Bool {
        try demand(.bool, "true or false")
        var reader = JSONReader(self)
        return try reader.bool()
    }

    func integer() throws(JSONError) -> Int {
        guard kind == .number else { throw wrong("a whole number") }
        var reader = JSONReader(self)
        guard let value = try reader.number().integer else { throw wrong("a whole number") }
        return Int(value)
    }

    func object() throws(JSONError) -> JSONObject {
        try demand(.object, "an object")
        var reader = JSONReader(self)
        return try JSONObject(&reader)
    }

    /// Any object, kept as it is.
    func members() throws(JSONError) -> [String: JSONValue] {
        try demand(.object, "an object")
        var reader = JSONReader(self)
        do { return try reader.members() } catch { throw JSONError(error.problem, field: name) }
    }

    func elements() throws(JSONError) -> [JSONElement] {
        try demand(.array, "an array")
        var reader = JSONReader(self)
        var elements: [JSONElement] = []
        try reader.enterArray()
        while try reader.nextElement() {
            guard let next = reader.next() else { throw JSONError(.malformed) }
            elements.append(JSONElement(bytes: bytes, offset: next.offset, kind: next.kind, name: name))
            try reader.skipValue()
        }
        return elements
    }
}

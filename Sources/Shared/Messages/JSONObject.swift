/// The members of one object of JSON text, where they stand there. The bytes must outlive it.
struct JSONObject {
    private struct Member {
        var name: JSONString
        var offset: Int
        var kind: JSONElement.Kind
    }

    private let bytes: UnsafeRawBufferPointer
    private var members: [Member] = []

    /// Reads the object that comes next, with all that is in it.
    init(_ reader: inout JSONReader) throws(JSONError) {
        bytes = reader.bytes
        members.reserveCapacity(8)
        try reader.enterObject()
        while let name = try reader.nextName() {
            guard let next = reader.next() else { throw JSONError(.malformed) }
            members.append(Member(name: name, offset: next.offset, kind: next.kind))
            try reader.skipValue()
        }
    }

    /// The value of the first member of that name.
    private subscript(name: StaticString) -> JSONElement? {
        for member in members where member.name.isText(name) {
            return JSONElement(bytes: bytes, offset: member.offset, kind: member.kind, name: name)
        }
        return nil
    }

    /// What has to be there.
    func required(_ name: StaticString) throws(JSONError) -> JSONElement {
        guard let element = self[name] else { throw JSONError(.missing, field: name) }
        return element
    }

    /// Nil for what is absent or null.
    func optional(_ name: StaticString) -> JSONElement? {
        guard let element = self[name], element.kind != .null else { return nil }
        return element
    }
}

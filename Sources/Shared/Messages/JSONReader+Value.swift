extension JSONReader {
    /// The next value, kept as it is.
    mutating func value() throws(JSONError) -> JSONValue {
        switch next()?.kind {
        case .string: return .string(try string().text())
        case .number:
            guard let value = try number().value else { throw JSONError(.unrepresentable) }
            return value
        case .bool: return .bool(try bool())
        case .null:
            try null()
            return .null
        case .object: return .object(try members())
        case .array:
            var elements: [JSONValue] = []
            try enterArray()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case nil: throw JSONError(.malformed)
        }
    }

    /// The members of the object that comes next. Of several of one name the first counts.
    mutating func members() throws(JSONError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try enterObject()
        while let name = try nextName() {
            let name = try name.text()
            if members[name] == nil { members[name] = try value() } else { try skipValue() }
        }
        return members
    }
}

extension JSONValue {
    /// Reads JSON text. Throws where it is not JSON, or has a number or a string that cannot be kept.
    init(json bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.value()
        try reader.end()
    }
}

/// Members with the values that messages have. Of what is optional nothing is written where there is none.
extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        if let value { member(name, value) }
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        if let value { member(name, value) }
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(Int64(value))
    }

    mutating func member(_ name: StaticString, _ value: Int?) {
        if let value { member(name, value) }
    }

    mutating func member(_ name: StaticString, _ value: Timestamp?) {
        if let value { member(name, value.iso8601) }
    }

    mutating func member(_ name: StaticString, _ value: EntryID?) {
        if let value { member(name, value.description) }
    }

    mutating func member(_ name: StaticString, _ value: [String: JSONValue]?) {
        guard let value else { return }
        self.name(name)
        object(value)
    }
}

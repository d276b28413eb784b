/// Any JSON value: what passes through Penstock unread, such as the parameters of a generator.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The whole number this is, if it is one.
    package var int: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The number this is, if it is one.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }
}

extension JSONValue {
    /// The bytes it takes as JSON without white space.
    package var encodedBytes: Int {
        func quoted(_ text: String) -> Int {
            var text = text
            return text.withUTF8 { $0.count + JSONText.escapeGrowth(of: $0) } + 2
        }
        switch self {
        case .null: return 4
        case .bool(let value): return value ? 4 : 5
        case .integer(let value): return value.description.utf8.count
        case .number(let value): return value.description.utf8.count
        case .string(let value): return quoted(value)
        case .array(let values): return values.reduce(max(values.count, 1) + 1) { $0 + $1.encodedBytes }
        case .object(let members):
            return members.reduce(max(members.count, 1) + 1) { $0 + quoted($1.key) + 1 + $1.value.encodedBytes }
        }
    }
}

extension JSONValue: Codable {
    /// A decoder tells what a value is by throwing for all that it is not, which costs a microsecond each: so a number, the commonest, is
    /// asked for first and once.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Double.self) {
            if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
                self = .integer(whole)
            } else if value.magnitude >= 0x1p53,
                let whole = (try? container.decode(Int64.self)) ?? Int64(exactly: value)
            {
                // A double does not hold all of these; and what is written with a fraction that it does not hold is whole.
                self = .integer(whole)
            } else {
                self = .number(value)
            }
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// A reply of Redis, owned: the form for the control plane. The hot path reads a `ReplyReader` instead.
package enum RedisReply: Sendable, Equatable {
    /// A bulk string or a status such as `OK`.
    case string([UInt8])
    case integer(Int)
    case array([RedisReply])
    case null
    /// An error inside an array (of `EXEC`, for example). A reply that is an error as a whole is thrown.
    case error(RedisError)

    /// The text of a string, or of an integer in decimal; nil for anything else. Broken UTF-8 is repaired.
    package var string: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let integer): String(integer)
        case .array, .null, .error: nil
        }
    }

    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// An integer, also one that came as a string of digits.
    package var integer: Int? {
        switch self {
        case .integer(let integer): integer
        case .string(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        case .array, .null, .error: nil
        }
    }

    package var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Fields and values, from an array that alternates them as `HGETALL` and stream entries do. Nil if this is no such
    /// array; of a field given twice the last counts.
    package var map: [String: RedisReply]? {
        guard let elements = array, elements.count.isMultiple(of: 2) else { return nil }
        var map: [String: RedisReply] = [:]
        map.reserveCapacity(elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let field = elements[index].string else { return nil }
            map[field] = elements[index + 1]
        }
        return map
    }

    package var isNull: Bool { self == .null }

    /// The element at a place of an array, or nil when there is none.
    package subscript(index: Int) -> RedisReply? {
        guard let elements = array, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package static func == (left: RedisReply, right: RedisReply) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.null, .null): true
        case (.error(let left), .error(let right)): left.code == right.code && left.message == right.message
        case (.string, _), (.integer, _), (.array, _), (.null, _), (.error, _): false
        }
    }
}

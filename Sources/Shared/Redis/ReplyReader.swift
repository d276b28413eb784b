private import CHiredis

/// Reads one reply from its tape without copies.
///
/// Valid only inside the callback that received it, and so are the bytes it hands out. A value is read once, front to back;
/// an array is its count, then its elements. A copy of the reader reads on from the same place on its own.
package struct ReplyReader {
    /// A value, or the head of one: the elements of an array follow it.
    package enum Value {
        case string(UnsafeRawBufferPointer)
        case error(UnsafeRawBufferPointer)
        case integer(Int)
        case array(count: Int)
        case null
    }

    private let tape: UnsafeRawBufferPointer
    private var offset = 0

    package init(tape: UnsafeRawBufferPointer) {
        self.tape = tape
    }

    package var isAtEnd: Bool { offset >= tape.count }

    /// Whether the value that comes next is an error reply.
    package var isError: Bool {
        !isAtEnd && Int(header & 0xFF) == PENSTOCK_ERROR
    }

    /// The next value, or nil at the end of the reply.
    package mutating func next() -> Value? {
        guard !isAtEnd else { return nil }
        let header = self.header
        let length = Int(header >> 8)
        offset += 8
        switch Int(header & 0xFF) {
        case PENSTOCK_STRING, PENSTOCK_STATUS: return .string(bytes(length))
        case PENSTOCK_INTEGER:
            defer { offset += 8 }
            return .integer(Int(tape.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
        case PENSTOCK_ARRAY: return .array(count: length)
        case PENSTOCK_ERROR: return .error(bytes(length))
        default: return .null
        }
    }

    /// The next value if it is a string (or a status), else nil. Reads past it either way, but not past the elements of an array.
    package mutating func string() -> UnsafeRawBufferPointer? {
        if case .string(let bytes)? = next() { bytes } else { nil }
    }

    /// The next value if it is an integer, else nil.
    package mutating func integer() -> Int? {
        if case .integer(let integer)? = next() { integer } else { nil }
    }

    /// The number of elements if the next value is an array, else nil. The elements follow.
    package mutating func array() -> Int? {
        if case .array(let count)? = next() { count } else { nil }
    }

    /// Passes over the next value with all its elements.
    package mutating func skip() {
        var left = 1
        while left > 0, let value = next() {
            left -= 1
            if case .array(let count) = value { left += count }
        }
    }

    /// The next value with all its elements, copied.
    package mutating func reply() -> RedisReply {
        switch next() {
        case .string(let bytes): return .string([UInt8](bytes))
        case .error(let bytes): return .error(RedisError(reply: String(decoding: bytes, as: UTF8.self)))
        case .integer(let integer): return .integer(integer)
        case .array(let count):
            var elements: [RedisReply] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(reply()) }
            return .array(elements)
        case .null, nil: return .null
        }
    }

    private var header: UInt64 { tape.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }

    private mutating func bytes(_ length: Int) -> UnsafeRawBufferPointer {
        defer { offset += (length + 7) & ~7 }
        return UnsafeRawBufferPointer(rebasing: tape[offset..<offset + length])
    }
}

package import NIOCore

/// One argument of a Redis command, kept as the caller has it and turned into bytes only when the command is encoded.
package enum RedisArgument: Sendable {
    case literal(StaticString)
    case string(String)
    case bytes([UInt8])
    case buffer(ByteBuffer)
    case integer(Int)

    /// An upper bound of its encoded size: `$`, a length, the bytes, and two line ends.
    package var encodedSize: Int {
        switch self {
        case .literal(let text): text.utf8CodeUnitCount + RedisCommandWriter.overhead
        case .string(let text): text.utf8.count + RedisCommandWriter.overhead
        case .bytes(let bytes): bytes.count + RedisCommandWriter.overhead
        case .buffer(let buffer): buffer.readableBytes + RedisCommandWriter.overhead
        case .integer: 20 + RedisCommandWriter.overhead
        }
    }
}

extension RedisArgument: ExpressibleByStringLiteral {
    package init(stringLiteral value: StaticString) {
        self = .literal(value)
    }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) {
        self = .integer(value)
    }
}

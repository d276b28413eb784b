package import NIOCore

/// A Redis command: its name and its arguments.
///
/// The form for the control plane; the hot path writes by a `RedisCommandWriter` and makes no array of arguments. Encoding
/// makes one reservation for the whole command.
package struct RedisCommand: Sendable {
    package var arguments: [RedisArgument]

    package init(_ arguments: RedisArgument...) {
        self.arguments = arguments
    }

    package init(arguments: [RedisArgument]) {
        self.arguments = arguments
    }

    /// An upper bound of its encoded size in bytes.
    package var encodedSize: Int {
        arguments.reduce(RedisCommandWriter.overhead) { $0 + $1.encodedSize }
    }

    /// Appends the command in the Redis protocol. A command has at least one argument, its name.
    package func append(to buffer: inout ByteBuffer) {
        precondition(!arguments.isEmpty, "a Redis command needs a name")
        buffer.writeRedisCommands(capacity: encodedSize) { writer in
            writer.command(arguments: arguments.count)
            for argument in arguments { writer.argument(argument) }
        }
    }
}

import Benchmarking
import NIOCore
import Shared

/// How chunks become commands.
extension Stage {
    static let command = [
        Stage("command.one", "the transaction of one chunk of a token") { writing(1, Sample.token) },
        Stage("command.many", "a chunk of a token in a transaction of 16") { writing(16, Sample.token) },
        Stage("command.long", "the transaction of one chunk of 16 tokens") { writing(1, Sample.text) },
    ]

    /// Transactions of `count` chunks, 64 chunks to a flush.
    private static func writing(_ count: Int, _ text: String) -> Work {
        let chunks = (1...UInt64(count)).map { Sample.chunk($0, text) }
        let (request, keys) = (Sample.request, Sample.keys)
        var buffer = ByteBuffer()
        append(chunks, request, keys, to: &buffer)
        let bytes = buffer.readableBytes
        return Work(bytes: Array(Array(buffer: buffer).prefix(bytes / count)), operations: 64) { rounds in
            for _ in 0..<rounds {
                buffer.clear()
                for _ in 0..<64 / count { append(chunks, request, keys, to: &buffer) }
            }
            guard buffer.readableBytes == 64 / count * bytes else { throw StageFailure("commands are missing") }
        }
    }

    /// As `RedisBroker.append` does.
    private static func append(
        _ chunks: [TokenChunk], _ request: RequestID, _ keys: RedisKeys, to buffer: inout ByteBuffer
    ) {
        let names = request.text.utf8.count * 2 + keys.prefix.utf8.count * 2
        let capacity = chunks.reduce(100) { $0 + $1.text.utf8.count * 2 + names + 500 }
        buffer.writeRedisCommands(capacity: capacity) { writer in
            writer.command(arguments: 1)
            writer.argument("MULTI" as StaticString)
            writer.append(chunks, to: request, keys)
            writer.command(arguments: 1)
            writer.argument("EXEC" as StaticString)
        }
    }
}

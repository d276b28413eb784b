import Benchmarking
import Shared

/// How bytes of Redis become replies.
extension Stage {
    static let reply = [
        Stage("reply.message", "a message of the feed, one token") {
            messages(Sample.payload(1), read: message)
        },
        Stage("reply.message.long", "a message of the feed, 16 tokens") {
            messages(Sample.payload(1, Sample.text), read: message)
        },
        Stage("reply.exec.one", "the replies to the transaction of one chunk") { transactions(of: 1) },
        Stage("reply.exec.many", "a chunk's share of the replies to a transaction of 16") { transactions(of: 16) },
    ]

    /// The parser lives where a connection keeps it: in an object.
    private final class Connection {
        let parser = ReplyParser()

        /// Feeds these bytes and has every reply read.
        func receive(_ bytes: [UInt8], _ read: (inout ReplyReader) -> Int) throws -> Int {
            var sum = 0
            try bytes.withUnsafeBytes { try parser.feed($0) }
            while var reader = try parser.next() { sum += read(&reader) }
            return sum
        }
    }

    /// As `RedisSubscriber` reads it: the kind, the channel, the payload.
    private static func message(_ reader: inout ReplyReader) -> Int {
        guard reader.array() == 3, let kind = reader.string(), kind.count == 7, let channel = reader.string(),
            let payload = reader.string()
        else { return 0 }
        return channel.count + payload.count
    }

    /// 64 messages to a read of the socket.
    private static func messages(_ payload: [UInt8], read: @escaping (inout ReplyReader) -> Int) -> Work {
        let channel = Sample.keys.feed(Sample.request)
        let message = Array("*3\r\n".utf8) + Sample.bulk("message") + Sample.bulk(channel) + Sample.bulk(payload)
        let block = [[UInt8]](repeating: message, count: 64).flatMap { $0 }
        let connection = Connection()
        return Work(bytes: message, operations: 64) { rounds in
            var sum = 0
            for _ in 0..<rounds { sum += try connection.receive(block, read) }
            guard sum == rounds * 64 * (channel.utf8.count + payload.count) else {
                throw StageFailure("messages are missing")
            }
        }
    }

    /// Replies to 64 chunks to a read of the socket.
    private static func transactions(of chunks: Int) -> Work {
        var transaction = Array("+OK\r\n".utf8)
        for _ in 0..<2 * chunks { transaction += Array("+QUEUED\r\n".utf8) }
        transaction += Array("*\(2 * chunks)\r\n".utf8)
        for index in 1...chunks { transaction += Sample.bulk("1-\(index)") + Array(":1\r\n".utf8) }
        let block = [[UInt8]](repeating: transaction, count: 64 / chunks).flatMap { $0 }
        let connection = Connection()
        return Work(bytes: Array(transaction.prefix(transaction.count / chunks)), operations: 64) { rounds in
            var written = 0
            for _ in 0..<rounds {
                written += try connection.receive(block) { reader in
                    guard reader.array() != nil, case .string? = reader.next() else { return 0 }
                    return 1
                }
            }
            guard written == rounds * 64 / chunks else { throw StageFailure("transactions are missing") }
        }
    }
}

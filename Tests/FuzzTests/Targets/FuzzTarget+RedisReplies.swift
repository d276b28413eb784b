import Shared

extension FuzzTarget {
    /// What Redis answers.
    static let redisReplies = FuzzTarget(
        name: "redisReplies",
        words: [
            "\r\n", "+OK\r\n", "-ERR x\r\n", ":1\r\n", "$-1\r\n", "*-1\r\n", "$0\r\n\r\n", "*0\r\n", "*1\r\n", "*2\r\n",
            "$1\r\nx\r\n",
            "*2147483647\r\n", "*2147483648\r\n", "$536870912\r\n", "$9223372036854775807\r\n",
            ":9223372036854775807\r\n",
            ":-9223372036854775808\r\n", "-ERR Error running script (x): y: -OOM z\r\n",
        ],
        sample: { draw in
            Array(draw.list(upTo: 4) { reply(&$0, depth: 0) }.joined())
        },
        read: { bytes in _ = try? replies([bytes[...]]) },
        check: { input in
            let expected = ReferenceReplies.read(input)
            var first: [RedisReply]?
            for pieces in Pieces.ways(of: input) {
                let (replies, error) = try replies(pieces)
                try demandEqual(replies, first ?? replies, "the replies of \(pieces.count) pieces")
                first = replies
                guard expected.end != .contested else { continue }
                try demandEqual(replies, expected.replies, "the replies of \(pieces.count) pieces")
                try demandEqual(
                    error != nil, expected.end == .violation,
                    "whether it is Redis's protocol (\(error.debugDescription))")
            }
        })

    /// Reads `pieces` as a connection does.
    private static func replies(_ pieces: [ArraySlice<UInt8>]) throws -> (replies: [RedisReply], error: RedisError?) {
        let parser = ReplyParser()
        var replies: [RedisReply] = []
        func readAll() throws {
            for piece in pieces {
                var rest = piece
                while !rest.isEmpty {
                    let part = Array(rest.prefix(ReplyParser.feedSize))
                    rest = rest.dropFirst(part.count)
                    try part.withUnsafeBytes { try parser.feed($0) }
                    while let reader = try parser.next() { replies.append(read(reader)) }
                }
            }
        }
        do {
            try readAll()
        } catch let error as RedisError {
            try demand(error.code == .protocolViolation, "the error is \(error)")
            // It is final.
            try demand((try? parser.next()) == nil, "it goes on behind an error")
            return (replies, error)
        }
        return (replies, nil)
    }

    private static func read(_ reader: ReplyReader) -> RedisReply {
        var (copying, skipping) = (reader, reader)
        let reply = copying.reply()
        skipping.skip()
        precondition(copying.isAtEnd && skipping.isAtEnd, "a reply is read to its end")
        _ = (reply.string, reply.integer, reply.map, reply[0]?[1])
        return reply
    }

    /// A reply, as Redis writes it.
    static func reply(_ draw: inout Draw, depth: Int) -> [UInt8] {
        func bulk(_ bytes: [UInt8]) -> [UInt8] { Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8) }
        switch draw.below(depth < 5 ? 9 : 6) {
        case 0: return Array("+\(draw.pick(["OK", "PONG", "QUEUED", ""]))\r\n".utf8)
        case 1: return Array("-\(draw.pick(["ERR", "NOSCRIPT", "WRONGTYPE", "OOM", "x"])) \(draw.below(10))\r\n".utf8)
        case 2: return Array(":\(draw.integer())\r\n".utf8)
        case 3: return Array(draw.pick(["$-1\r\n", "*-1\r\n"]).utf8)
        case 4: return bulk(Array(draw.text().utf8))
        case 5: return bulk(draw.bytes(upTo: 20))
        default:
            let elements = draw.list(upTo: 4) { reply(&$0, depth: depth + 1) }
            return Array("*\(elements.count)\r\n".utf8) + elements.joined()
        }
    }
}

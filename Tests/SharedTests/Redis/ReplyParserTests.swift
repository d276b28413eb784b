import Shared
import Testing

@Suite struct ReplyParserTests {
    private static let stream = [UInt8](
        ("+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$9\r\n123456789\r\n*0\r\n"
            + "*3\r\n$7\r\nmessage\r\n$8\r\nchannel1\r\n$5\r\na\r\nbc\r\n"
            + "*2\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n*2\r\n-NOSCRIPT x\r\n$-1\r\n:9223372036854775807\r\n").utf8)

    private static let replies: [RedisReply] = [
        .string([UInt8]("OK".utf8)), .error(RedisError(reply: "ERR no")), .integer(-42), .null, .null, .string([]),
        .string([UInt8]("123456789".utf8)), .array([]),
        .array([.string([UInt8]("message".utf8)), .string([UInt8]("channel1".utf8)), .string([UInt8]("a\r\nbc".utf8))]),
        .array([
            .array([.integer(1), .array([.string([UInt8]("x".utf8))])]),
            .array([.error(RedisError(reply: "NOSCRIPT x")), .null]),
        ]),
        .integer(.max),
    ]

    private func parse(_ pieces: [ArraySlice<UInt8>]) throws -> [RedisReply] {
        let parser = ReplyParser()
        var replies: [RedisReply] = []
        for piece in pieces {
            try piece.withUnsafeBytes { try parser.feed($0) }
            while var reader = try parser.next() {
                var copy = reader
                replies.append(reader.reply())
                #expect(reader.isAtEnd)
                copy.skip()
                #expect(copy.isAtEnd)
            }
        }
        return replies
    }

    @Test func readsEveryKindOfReply() throws {
        #expect(try parse([Self.stream[...]]) == Self.replies)
    }

    @Test func everySplitIntoTwoGivesTheSame() throws {
        for cut in 0...Self.stream.count {
            #expect(try parse([Self.stream[..<cut], Self.stream[cut...]]) == Self.replies, "cut at \(cut)")
        }
    }

    @Test func everySplitIntoThreeGivesTheSame() throws {
        for first in 0...Self.stream.count {
            for second in first...Self.stream.count {
                let replies = try parse([Self.stream[..<first], Self.stream[first..<second], Self.stream[second...]])
                if replies != Self.replies { Issue.record("cut at \(first) and \(second)") }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 7])
    func everyPieceSizeGivesTheSame(size: Int) throws {
        let pieces = stride(from: 0, to: Self.stream.count, by: size).map {
            Self.stream[$0..<min($0 + size, Self.stream.count)]
        }
        #expect(try parse(pieces) == Self.replies)
    }

    @Test func largeRepliesGrowTheTapeAndGiveItBack() throws {
        for size in [100_000, 3_000_000, 10, 5_000_000] {
            let text = [UInt8](repeating: 65, count: size)
            let stream = [UInt8]("*2\r\n$\(size)\r\n".utf8) + text + [UInt8]("\r\n:1\r\n+OK\r\n".utf8)
            #expect(
                try parse([stream[..<(stream.count / 2)], stream[(stream.count / 2)...]]).first
                    == .array([.string(text), .integer(1)]))
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", ":12a\r\n", "$x\r\n", "*2\r\n?\r\n", "*-2\r\n", "$-2\r\n",
        String(repeating: "*1\r\n", count: 9) + ":1\r\n", String(repeating: "*1\r\n", count: 100_000),
    ])
    func whatIsNotRedisIsAnErrorForGood(text: String) throws {
        let parser = ReplyParser()
        try [UInt8](text.utf8).withUnsafeBytes { try parser.feed($0) }
        var failure: RedisError?
        do { while try parser.next() != nil {} } catch { failure = error }
        #expect(failure?.code == .protocolViolation)
        failure = nil
        do { _ = try parser.next() } catch { failure = error }
        #expect(failure?.code == .protocolViolation)
    }

    @Test func eightArraysInsideEachOtherAreRead() throws {
        let text = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        #expect(try parse([[UInt8](text.utf8)[...]]).count == 1)
    }

    @Test func aReaderReadsFieldByField() throws {
        let parser = ReplyParser()
        try [UInt8]("*4\r\n$1\r\na\r\n*1\r\n:5\r\n:7\r\n$-1\r\n".utf8).withUnsafeBytes { try parser.feed($0) }
        guard var reader = try parser.next() else { throw RedisError(.unexpectedReply, "no reply") }
        #expect(!reader.isError)
        #expect(reader.array() == 4)
        #expect(reader.string().map { Array($0) } == [97])
        reader.skip()
        #expect(reader.integer() == 7)
        let last = reader.string()
        #expect(last == nil)
        #expect(reader.isAtEnd)
    }
}

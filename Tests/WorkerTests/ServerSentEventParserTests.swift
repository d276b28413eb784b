import Testing

@testable import Worker

@Suite struct ServerSentEventParserTests {
    private func events(_ pieces: [[UInt8]], maximumBytes: Int = 1000) throws -> [String] {
        var parser = ServerSentEventParser(maximumBytes: maximumBytes)
        var events: [String] = []
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                try parser.read(bytes) { events.append("\($0.type)|\(String(decoding: $0.data, as: UTF8.self))") }
            }
        }
        return events
    }

    private static let stream =
        "\u{FEFF}: hello\r\n\r\nretry: 100\n\ndata: one\n\n\n" + "event: error\rdata:two\rdata\rdata:  three\r\r"
        + "id: 5\r\ndata: vier 😀\r\n: ping\r\nfoo: bar\r\n\r\ndata\n\ndata: cut off"
    private static let expected = ["message|one", "error|two\n\n three", "message|vier 😀", "message|"]

    @Test func theWhole() throws {
        #expect(try events([Array(Self.stream.utf8)]) == Self.expected)
    }

    @Test func everySplit() throws {
        let bytes = Array(Self.stream.utf8)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 3) {
                let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                #expect(try events(pieces) == Self.expected)
            }
        }
    }

    @Test(arguments: 1...9) func equalPieces(_ size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(try events(pieces) == Self.expected)
    }

    @Test func aLineIsBounded() throws {
        #expect(try events([Array("data: 1234\n\n".utf8)], maximumBytes: 10) == ["message|1234"])
        #expect(throws: ServerSentEventParser.TooLong.self) {
            try events([Array("data: 12345".utf8)], maximumBytes: 10)
        }
        #expect(throws: ServerSentEventParser.TooLong.self) {
            try events(Array(repeating: Array("x".utf8), count: 11), maximumBytes: 10)
        }
    }

    @Test func anEventIsBounded() throws {
        #expect(throws: ServerSentEventParser.TooLong.self) {
            try events([Array("data: 1234\ndata: 1234\ndata: 1234\n\n".utf8)], maximumBytes: 10)
        }
    }
}

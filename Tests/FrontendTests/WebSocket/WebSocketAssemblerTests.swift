import NIOCore
import Testing

@testable import Frontend

@Suite("WebSocketAssembler")
struct WebSocketAssemblerTests {
    private typealias Event = WebSocketAssembler.Event

    /// What comes out of `bytes`, fed in pieces of `size`.
    private func events(_ bytes: [UInt8], size: Int = .max, limit: Int = 1 << 20) -> [Event] {
        var assembler = WebSocketAssembler(maximumBytes: limit)
        var events: [Event] = []
        var rest = bytes[...]
        var unread = 0
        while !rest.isEmpty {
            var piece = ByteBuffer(bytes: rest.prefix(size))
            rest = rest.dropFirst(size)
            while let event = assembler.next(&piece) { events.append(event) }
            unread += piece.readableBytes
        }
        #expect(unread == 0)
        return events
    }

    private func code(_ events: [Event]) -> CloseCode? {
        if case .failed(let code, _)? = events.last { code } else { nil }
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, Int.max])
    func cutsTheSameMessagesFromAnyPieces(size: Int) {
        let long = String(repeating: "κόσμε ", count: 20_000)
        let bytes =
            ClientFrames.text("hello") + ClientFrames.frame(9, [1, 2, 3]) + ClientFrames.frame(2, [0, 255])
            + ClientFrames.frame(1, Array("κό".utf8.prefix(3)), final: false) + ClientFrames.frame(10)
            + ClientFrames.frame(0, Array("κό".utf8.dropFirst(3))) + ClientFrames.text("") + ClientFrames.text(long)
            + ClientFrames.close(1000, "bye")
        #expect(
            events(bytes, size: size) == [
                .text(ByteBuffer(string: "hello")), .ping(ByteBuffer(bytes: [1, 2, 3])),
                .binary(ByteBuffer(bytes: [0, 255])), .pong(ByteBuffer()), .text(ByteBuffer(string: "κό")),
                .text(ByteBuffer()), .text(ByteBuffer(string: long)), .close(.normal),
            ])
    }

    @Test func holdsNothingBehindAClose() {
        #expect(events(ClientFrames.close(1001) + ClientFrames.text("late")) == [.close(.goingAway)])
        #expect(events(ClientFrames.frame(8)) == [.close(nil)])
    }

    @Test(arguments: [
        ClientFrames.frame(1, [65], reserved: 1), ClientFrames.frame(3), ClientFrames.frame(11),
        ClientFrames.frame(1, [65], mask: nil), ClientFrames.frame(9, [], final: false),
        ClientFrames.frame(9, [UInt8](repeating: 0, count: 126)), ClientFrames.frame(0, [65]),
        ClientFrames.frame(1, [65], final: false) + ClientFrames.text("x"),
        ClientFrames.frame(2, [65], final: false) + ClientFrames.frame(2, [65]), ClientFrames.frame(8, [3]),
        [0x81, 0xFE, 0, 5, 0, 0, 0, 0], [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ])
    func refusesWhatBreaksTheProtocol(bytes: [UInt8]) {
        for size in [1, Int.max] { #expect(code(events(bytes, size: size)) == .protocolError) }
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
    func refusesCloseCodesThatAreNotForTheWire(number: UInt16) {
        #expect(code(events(ClientFrames.close(number))) == .protocolError)
    }

    @Test(arguments: [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] as [UInt16])
    func takesCloseCodesThatAre(number: UInt16) {
        #expect(events(ClientFrames.close(number)) == [.close(CloseCode(rawValue: number))])
    }

    @Test func refusesTextThatIsNotUTF8AtItsFirstByte() {
        var assembler = WebSocketAssembler(maximumBytes: 100)
        var bytes = ByteBuffer(bytes: ClientFrames.frame(1, [0x41, 0xFF, 0x41, 0x41]).prefix(8))
        #expect(assembler.next(&bytes) == .failed(.invalidText, reason: "the text is not UTF-8"))
        #expect(code(events(ClientFrames.frame(1, [0xE2, 0x82]))) == .invalidText)
        #expect(
            code(events(ClientFrames.frame(1, [0xE2, 0x82], final: false) + ClientFrames.frame(0, [0x41])))
                == .invalidText)
        #expect(code(events(ClientFrames.frame(8, [3, 232, 0xFF]))) == .invalidText)
    }

    @Test func refusesWhatIsTooBigBeforeItIsRead() {
        let header = ClientFrames.frame(1, [UInt8](repeating: 65, count: 1001)).prefix(8)
        #expect(code(events(Array(header), limit: 1000)) == .tooBig)
        #expect(events(ClientFrames.frame(1, [UInt8](repeating: 65, count: 1000)), limit: 1000).count == 1)
        let half = [UInt8](repeating: 65, count: 501)
        #expect(
            code(events(ClientFrames.frame(2, half, final: false) + ClientFrames.frame(0, half), limit: 1000))
                == .tooBig)
    }
}

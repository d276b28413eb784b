import NIOCore
import Shared
import Testing

@testable import Bars

@Suite struct CountingTests {
    private static func event(_ text: String, cursor: EntryID) -> [UInt8] {
        var encoder = ServerEventEncoder()
        let request = RequestID.random()
        let template = ChunkEventTemplate(request: request, message: request.message)
        let event = encoder.measureChunk(template, cursor: cursor, text: text)
        var buffer = ByteBuffer()
        encoder.writeChunk(event, template, into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test(arguments: [(1, 1), (1, 9), (12, 345), (1 << 40, 1 << 40)])
    func theTokensOfAChunkAreCounted(attempt: Int, index: Int) {
        let cursor = EntryID(attempt: UInt64(attempt), index: UInt64(index))
        for (text, count) in [("0 ", 1), ("17 18 19 ", 3), ("1@1763751927702671 2@1763751927702671 ", 2)] {
            #expect(Self.event(text, cursor: cursor).withUnsafeBytes { ChunkCounter.tokens(of: $0) } == count)
        }
    }

    @Test func anotherEventIsNoChunk() {
        var encoder = ServerEventEncoder()
        let request = RequestID.random()
        let start = encoder.encode(
            .streamingStart(
                StreamingStart(requestID: request, messageID: request.message, sessionID: .random())))
        let long =
            #"{"id":"\#(request)","type":"message.streaming.complete","payload":{\#(String(repeating: " ", count: 400))}}"#
        for bytes in [Array(start.readableBytesView), Array(long.utf8), Array("{}".utf8), []] {
            #expect(bytes.withUnsafeBytes { ChunkCounter.tokens(of: $0) } == nil)
        }
    }

    @Test func framesAreReadHoweverTheyAreCut() {
        let texts = ["", "a", String(repeating: "b", count: 126), String(repeating: "c", count: 70_000)]
        let bytes = texts.flatMap { FrameWriter.header(of: $0.utf8.count) + Array($0.utf8) }
        for step in [1, 2, 3, 127, 4096, 1 << 20] {
            var frames = ServerFrames()
            var read: [String] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { piece in
                    frames.read(piece) { _, payload in read.append(String(decoding: payload, as: UTF8.self)) }
                }
            }
            #expect(read == texts)
        }
    }

    @Test(arguments: [0, 125, 126, 70_000])
    func aClientsFrameIsMaskedByNothing(_ length: Int) {
        let frame = ServerFrames.ofClient(.text, [UInt8](repeating: 7, count: length))
        #expect(frame[0] == 0x81)
        #expect(frame[1] & 0x80 != 0)
        #expect(frame.suffix(length) == [UInt8](repeating: 7, count: length)[...])
        #expect(frame.dropLast(length).suffix(4) == [0, 0, 0, 0])
    }

    @Test func anUpgradeIsReadWhenItsHeadIsWhole() throws {
        let answer = Array("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n".utf8)
        #expect(try Upgrade.head(of: Array(answer.dropLast())) == nil)
        #expect(try Upgrade.head(of: answer + [0x81, 0]) == answer.count)
        #expect(throws: BarsFailure.self) { try Upgrade.head(of: Array("HTTP/1.1 503 No\r\n\r\n".utf8)) }
    }
}

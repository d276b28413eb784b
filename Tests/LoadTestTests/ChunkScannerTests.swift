import NIOCore
import Shared
import Testing

@testable import LoadTest

@Suite struct ChunkScannerTests {
    private let request = RequestID.random()

    /// What a frontend writes.
    private func written(_ text: String, cursor: EntryID = EntryID(attempt: 2, index: 41)) -> [UInt8] {
        var encoder = ServerEventEncoder()
        let template = ChunkEventTemplate(request: request, message: request.message)
        let event = encoder.measureChunk(template, cursor: cursor, text: text)
        var buffer = ByteBuffer()
        encoder.writeChunk(event, template, into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test(arguments: ["0 ", "", "17@1764000000000000 18@1764000000000001 ", "grüße 🌊"])
    func whatAFrontendWritesIsRead(_ text: String) throws {
        try written(text).withUnsafeBytes { bytes in
            let chunk = try #require(ScannedChunk.read(bytes))
            #expect(String(decoding: chunk.requestID, as: UTF8.self) == request.text)
            #expect(chunk.cursor == EntryID(attempt: 2, index: 41))
            #expect(String(decoding: chunk.content, as: UTF8.self) == text)
        }
    }

    @Test func textWithEscapesIsLeftToTheDecoder() {
        #expect(written("a \"word\" ").withUnsafeBytes { ScannedChunk.read($0) == nil })
        #expect(written("line\n").withUnsafeBytes { ScannedChunk.read($0) == nil })
    }

    @Test func whatIsCutOffAnywhereIsNone() {
        let whole = written("123 ")
        for length in 0..<(whole.count - 44) {
            #expect(whole[..<length].withUnsafeBytes { ScannedChunk.read($0) == nil }, "\(length) bytes")
        }
    }

    @Test func otherEventsAreNone() {
        var encoder = ServerEventEncoder()
        let start = StreamingStart(requestID: request, messageID: request.message, sessionID: .random())
        let frame = encoder.encode(.streamingStart(start))
        #expect(frame.withUnsafeReadableBytes { ScannedChunk.read($0) == nil })
    }
}

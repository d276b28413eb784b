import Benchmarking
import Frontend
import NIOCore
import Shared

/// How a chunk becomes a frame.
extension Stage {
    static let event = [
        Stage("event.chunk", "the frame of a chunk of a token") { frames(Sample.token) },
        Stage("event.chunk.long", "the frame of a chunk of 16 tokens") { frames(Sample.text) },
        Stage("event.chunk.escaped", "the frame of 98 bytes of code, 35 of them escaped") { frames(Sample.code) },
    ]

    /// 64 frames to a flush.
    private static func frames(_ text: String) -> Work {
        let template = ChunkEventTemplate(request: Sample.request, message: Sample.request.message)
        var encoder = ServerEventEncoder()
        var buffer = ByteBuffer()
        func write(_ index: UInt64) {
            let event = encoder.measureChunk(template, cursor: EntryID(attempt: 1, index: index), text: text)
            buffer.reserveCapacity(
                minimumWritableBytes: WebSocketFrameHeader.size(forLength: event.length) + event.length)
            WebSocketFrameHeader.write(.text, length: event.length, into: &buffer)
            encoder.writeChunk(event, template, into: &buffer)
        }
        write(17)
        let bytes = Array(buffer: buffer)
        return Work(bytes: bytes, operations: 64) { rounds in
            for _ in 0..<rounds {
                buffer.clear()
                for _ in 0..<64 { write(17) }
            }
            guard buffer.readableBytes == 64 * bytes.count else { throw StageFailure("frames are missing") }
        }
    }
}

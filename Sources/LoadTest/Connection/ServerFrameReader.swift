import NIOCore

/// Cuts a server's bytes into WebSocket messages (RFC 6455, section 5) and hands each over where it lies, without a copy where it came
/// in one piece. Pure.
struct ServerFrameReader {
    enum Message: Hashable {
        case text, binary, close, ping, pong
    }

    /// What is no frame of a server.
    struct Malformed: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// The longest message taken.
    static let maximumBytes = 32 << 20

    /// The beginning of a frame whose end has not come.
    private var partial = ByteBuffer()
    /// The frames so far of a message in several.
    private var fragments: [UInt8] = []
    private var fragmented: Message?

    /// Reads `input` to its end; calls `handle` with each message, until it returns false.
    mutating func read(
        _ input: ByteBuffer, _ handle: (Message, UnsafeRawBufferPointer) -> Bool
    ) throws(Malformed) {
        guard partial.readableBytes > 0 else {
            let used = try frames(input, handle)
            if used < input.readableBytes {
                partial = ByteBuffer()
                if let rest = input.getSlice(at: input.readerIndex + used, length: input.readableBytes - used) {
                    partial.writeImmutableBuffer(rest)
                }
            }
            return
        }
        partial.writeImmutableBuffer(input)
        let used = try frames(partial, handle)
        partial.moveReaderIndex(forwardBy: used)
        // What was read is given back; what is kept between two reads is less than a frame.
        if partial.readableBytes == 0 { partial = ByteBuffer() } else if used > 0 { partial.discardReadBytes() }
    }

    /// Returns how many bytes of `input` were whole frames.
    private mutating func frames(
        _ input: ByteBuffer, _ handle: (Message, UnsafeRawBufferPointer) -> Bool
    ) throws(Malformed) -> Int {
        let result: Result<Int, Malformed> = input.withUnsafeReadableBytes { bytes in
            do throws(Malformed) {
                var offset = 0
                while let frame = try Self.frame(bytes, at: offset) {
                    offset = frame.end
                    let payload = UnsafeRawBufferPointer(rebasing: bytes[frame.start..<frame.end])
                    guard try take(frame, payload, handle) else { return .success(bytes.count) }
                }
                return .success(offset)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func take(
        _ frame: Frame, _ payload: UnsafeRawBufferPointer, _ handle: (Message, UnsafeRawBufferPointer) -> Bool
    ) throws(Malformed) -> Bool {
        switch frame.opcode {
        case 0x1 where frame.isFinal && fragmented == nil: return handle(.text, payload)
        case 0x2 where frame.isFinal && fragmented == nil: return handle(.binary, payload)
        case 0x1 where fragmented == nil, 0x2 where fragmented == nil:
            fragmented = frame.opcode == 1 ? .text : .binary
            fragments = Array(payload)
            return true
        case 0x0:
            guard let message = fragmented else { throw Malformed(description: "a continuation of nothing") }
            guard fragments.count + payload.count <= Self.maximumBytes else {
                throw Malformed(description: "a message of more than \(Self.maximumBytes) bytes")
            }
            fragments.append(contentsOf: payload)
            guard frame.isFinal else { return true }
            let whole = fragments
            (fragmented, fragments) = (nil, [])
            return whole.withUnsafeBytes { handle(message, $0) }
        case 0x8 where frame.isFinal: return handle(.close, payload)
        case 0x9 where frame.isFinal: return handle(.ping, payload)
        case 0xA where frame.isFinal: return handle(.pong, payload)
        default: throw Malformed(description: "a frame of opcode \(frame.opcode) that may not come here")
        }
    }

    private struct Frame {
        var opcode: UInt8
        var isFinal: Bool
        var start: Int
        var end: Int
    }

    /// The frame at `offset`, or nil where it is not whole.
    private static func frame(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Malformed) -> Frame? {
        guard bytes.count - offset >= 2 else { return nil }
        let first = bytes[offset]
        guard first & 0x70 == 0 else { throw Malformed(description: "a frame with reserved bits") }
        guard bytes[offset + 1] & 0x80 == 0 else { throw Malformed(description: "a masked frame") }
        var start = offset + 2
        var length = Int(bytes[offset + 1])
        if length >= 126 {
            let size = length == 126 ? 2 : 8
            guard bytes.count - start >= size else { return nil }
            var value: UInt64 = 0
            for byte in bytes[start..<start + size] { value = value << 8 | UInt64(byte) }
            guard value <= UInt64(maximumBytes) else {
                throw Malformed(description: "a frame of more than \(maximumBytes) bytes")
            }
            length = Int(value)
            start += size
        }
        guard bytes.count - start >= length else { return nil }
        return Frame(opcode: first & 0x0F, isFinal: first & 0x80 != 0, start: start, end: start + length)
    }
}

import NIOCore

/// Cuts a client's bytes into frame headers and pieces of payload, without waiting for a whole frame.
///
/// It holds at most the 14 bytes of a header. What only the order of frames can tell wrong is left to `WebSocketAssembler`.
struct WebSocketFrameParser {
    enum Part: Hashable {
        /// A frame begins.
        case header(WebSocketFrameHeader)
        /// The next bytes of its payload, still masked; `offset` is their place in it.
        case payload(ByteBuffer, offset: Int)
        /// The frame is complete.
        case end
    }

    /// What cannot be a frame. Nothing that follows can be read.
    enum Malformation: Error, Hashable {
        case reservedBits
        case reservedOpcode
        case unmasked
        case fragmentedControl
        case longControl
        case lengthNotMinimal
        case lengthTooLarge
    }

    private enum State {
        case header
        case payload(length: Int, read: Int)
    }

    private var state = State.header
    /// The beginning of a header that is not complete.
    private var partial = ByteBuffer()

    /// Takes the next part off `input`, or returns nil when it needs more.
    mutating func next(_ input: inout ByteBuffer) throws(Malformation) -> Part? {
        switch state {
        case .header:
            guard let header = try header(&input) else { return nil }
            state = .payload(length: header.length, read: 0)
            return .header(header)
        case .payload(let length, let read):
            guard read < length else {
                state = .header
                return .end
            }
            let count = min(length - read, input.readableBytes)
            guard count > 0, let piece = input.readSlice(length: count) else { return nil }
            state = .payload(length: length, read: read + count)
            return .payload(piece, offset: read)
        }
    }

    private mutating func header(_ input: inout ByteBuffer) throws(Malformation) -> WebSocketFrameHeader? {
        if partial.readableBytes == 0 {
            if let (header, size) = try Self.parse(input) {
                input.moveReaderIndex(forwardBy: size)
                return header
            }
            partial = ByteBuffer(buffer: input)
            input.moveReaderIndex(to: input.writerIndex)
            return nil
        }
        while let byte = input.readInteger(as: UInt8.self) {
            partial.writeInteger(byte)
            if let (header, _) = try Self.parse(partial) {
                partial = ByteBuffer()
                return header
            }
        }
        return nil
    }

    /// Refuses as early as the bytes allow. Nil when the header is not complete.
    private static func parse(
        _ bytes: ByteBuffer
    ) throws(Malformation) -> (header: WebSocketFrameHeader, size: Int)? {
        let start = bytes.readerIndex
        guard let first = bytes.getInteger(at: start, as: UInt8.self) else { return nil }
        guard first & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = WebSocketFrameHeader.Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
        let isFinal = first & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .fragmentedControl }
        guard bytes.readableBytes >= 2, let second = bytes.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        guard second & 0x80 != 0 else { throw .unmasked }
        let length: Int
        let lengthSize: Int
        switch second & 0x7F {
        case 126:
            guard !opcode.isControl else { throw .longControl }
            guard bytes.readableBytes >= 4, let value = bytes.getInteger(at: start + 2, as: UInt16.self) else {
                return nil
            }
            guard value > 125 else { throw .lengthNotMinimal }
            (length, lengthSize) = (Int(value), 2)
        case 127:
            guard !opcode.isControl else { throw .longControl }
            guard bytes.readableBytes >= 10, let value = bytes.getInteger(at: start + 2, as: UInt64.self) else {
                return nil
            }
            guard value > 65_535 else { throw .lengthNotMinimal }
            guard value >> 62 == 0, let fits = Int(exactly: value) else { throw .lengthTooLarge }
            (length, lengthSize) = (fits, 8)
        case let short:
            (length, lengthSize) = (Int(short), 0)
        }
        let size = 2 + lengthSize + 4
        guard bytes.readableBytes >= size,
            let mask = bytes.getInteger(at: start + 2 + lengthSize, endianness: .little, as: UInt32.self)
        else { return nil }
        return (WebSocketFrameHeader(isFinal: isFinal, opcode: opcode, length: length, mask: mask), size)
    }
}

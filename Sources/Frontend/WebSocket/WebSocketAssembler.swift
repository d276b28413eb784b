package import NIOCore

/// Turns a client's bytes into whole messages, and refuses what RFC 6455 says to refuse as early as it can be known.
///
/// It holds at most one message of `maximumBytes` and one control frame. After a close or a failure it passes everything over.
package struct WebSocketAssembler {
    package enum Event: Hashable {
        case text(ByteBuffer)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong(ByteBuffer)
        /// The peer closes. No code where it gave none.
        case close(CloseCode?)
        /// The connection is to be failed with this code (RFC 6455, section 7.1.7). Nothing follows.
        case failed(CloseCode, reason: String)
    }

    /// What the message under way is.
    private enum Kind {
        case none
        case text
        case binary
    }

    /// Inclusive, for a frame and for a message.
    var maximumBytes: Int

    /// After a close or a failure.
    private var isDeaf = false
    private var parser = WebSocketFrameParser()
    private var header: WebSocketFrameHeader?
    private var kind = Kind.none
    /// What came of the message. Grown in place: a copy for each piece would make a message of many pieces cost the square of its length.
    private var message = ByteBuffer()
    private var validator = UTF8Validator()
    private var control = ByteBuffer()

    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Takes the next event off `input`, or returns nil when it needs more. Reads all of `input` before it returns nil.
    package mutating func next(_ input: inout ByteBuffer) -> Event? {
        while !isDeaf {
            do {
                guard let part = try parser.next(&input) else { return nil }
                if let event = accept(part) { return event }
            } catch {
                return fail(.protocolError, error.reason)
            }
        }
        input.moveReaderIndex(to: input.writerIndex)
        return nil
    }

    private mutating func accept(_ part: WebSocketFrameParser.Part) -> Event? {
        switch part {
        case .header(let header):
            self.header = header
            control.clear()
            return begin(header)
        case .payload(let piece, let offset):
            guard let header else { return nil }
            if header.opcode.isControl {
                control.writeUnmasked(piece, mask: header.mask, offset: offset)
                return nil
            }
            return append(piece, offset: offset, of: header)
        case .end:
            guard let header else { return nil }
            self.header = nil
            return header.opcode.isControl ? endControl(header.opcode) : endData(header)
        }
    }

    private mutating func begin(_ header: WebSocketFrameHeader) -> Event? {
        switch (header.opcode, kind) {
        case (.close, _), (.ping, _), (.pong, _): return nil
        case (.continuation, .none): return fail(.protocolError, "nothing to continue")
        case (.continuation, .text), (.continuation, .binary): break
        case (.text, .none):
            kind = .text
            validator = UTF8Validator()
        case (.binary, .none): kind = .binary
        case (.text, .text), (.text, .binary), (.binary, .text), (.binary, .binary):
            return fail(.protocolError, "the message before is not complete")
        }
        guard header.length <= maximumBytes - message.readableBytes else {
            return fail(.tooBig, "a message may have at most \(maximumBytes) bytes")
        }
        return nil
    }

    private mutating func append(_ piece: ByteBuffer, offset: Int, of header: WebSocketFrameHeader) -> Event? {
        let start = message.readableBytes
        message.writeUnmasked(piece, mask: header.mask, offset: offset)
        guard kind == .text else { return nil }
        let valid = message.withUnsafeReadableBytes {
            validator.accept(UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        return valid ? nil : fail(.invalidText, "the text is not UTF-8")
    }

    private mutating func endData(_ header: WebSocketFrameHeader) -> Event? {
        guard header.isFinal else { return nil }
        if kind == .text, !validator.isComplete { return fail(.invalidText, "the text is not UTF-8") }
        defer { dropMessage() }
        return kind == .text ? .text(message) : .binary(message)
    }

    private mutating func dropMessage() {
        kind = .none
        message = ByteBuffer()
    }

    private mutating func endControl(_ opcode: WebSocketFrameHeader.Opcode) -> Event? {
        switch opcode {
        case .ping: return .ping(control)
        case .pong: return .pong(control)
        case .close: return close()
        case .continuation, .text, .binary: return nil
        }
    }

    private mutating func close() -> Event {
        isDeaf = true
        dropMessage()
        guard control.readableBytes > 0 else { return .close(nil) }
        guard let number = control.readInteger(as: UInt16.self), CloseCode(rawValue: number).isValidOnTheWire else {
            return fail(.protocolError, "not a close code")
        }
        var validator = UTF8Validator()
        let valid = control.withUnsafeReadableBytes { validator.accept($0) }
        guard valid, validator.isComplete else { return fail(.invalidText, "the reason is not UTF-8") }
        return .close(CloseCode(rawValue: number))
    }

    private mutating func fail(_ code: CloseCode, _ reason: String) -> Event {
        isDeaf = true
        dropMessage()
        return .failed(code, reason: reason)
    }
}

extension WebSocketFrameParser.Malformation {
    fileprivate var reason: String {
        switch self {
        case .reservedBits: "a reserved bit is set"
        case .reservedOpcode: "a reserved opcode"
        case .unmasked: "the frame is not masked"
        case .fragmentedControl: "a fragmented control frame"
        case .longControl: "a control frame of more than 125 bytes"
        case .lengthNotMinimal: "the length is not in its shortest form"
        case .lengthTooLarge: "the length has its highest bit set"
        }
    }
}

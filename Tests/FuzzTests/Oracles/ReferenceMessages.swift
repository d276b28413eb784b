import NIOCore

@testable import Frontend

/// A client's side of RFC 6455, section 5, read frame by frame over the whole of the bytes.
enum ReferenceMessages {
    /// The events that come of `bytes`, the last of which may be a failure.
    static func read(_ bytes: [UInt8], limit: Int) -> [WebSocketAssembler.Event] {
        var events: [WebSocketAssembler.Event] = []
        var message: (isText: Bool, bytes: [UInt8])?
        var rest = bytes[...]
        func failed(_ code: CloseCode) -> [WebSocketAssembler.Event] { events + [.failed(code, reason: "")] }
        while let first = rest.first {
            let opcode = first & 0x0F
            let isControl = opcode >= 8
            guard first & 0x70 == 0, [0, 1, 2, 8, 9, 10].contains(opcode) else { return failed(.protocolError) }
            let isFinal = first >= 0x80
            if isControl, !isFinal { return failed(.protocolError) }
            guard let second = rest.dropFirst().first else { break }
            guard second >= 0x80 else { return failed(.protocolError) }
            let short = second & 0x7F
            if isControl, short > 125 { return failed(.protocolError) }
            let extra = short == 126 ? 2 : short == 127 ? 8 : 0
            guard rest.count >= 2 + extra else { break }
            let extended = rest.dropFirst(2).prefix(extra).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            let length = extra == 0 ? UInt64(short) : extended
            if extra == 2, length < 126 { return failed(.protocolError) }
            if extra == 8, length < 65_536 || length >= 1 << 62 { return failed(.protocolError) }
            guard rest.count >= 6 + extra else { break }
            let mask = Array(rest.dropFirst(2 + extra).prefix(4))
            rest = rest.dropFirst(6 + extra)
            switch (opcode, message) {
            case (0, nil), (1, _?), (2, _?): return failed(.protocolError)
            case (1, nil), (2, nil): message = (opcode == 1, [])
            default: break
            }
            if !isControl, length > UInt64(limit - (message?.bytes.count ?? 0)) { return failed(.tooBig) }
            let masked = rest.prefix(Int(min(length, UInt64(rest.count))))
            let payload = masked.enumerated().map { $1 ^ mask[$0 % 4] }
            let isWhole = UInt64(payload.count) == length
            rest = rest.dropFirst(payload.count)
            if !isControl {
                message?.bytes += payload
                if let message, message.isText, !ReferenceUTF8.isBeginning(message.bytes) {
                    return failed(.invalidText)
                }
            }
            guard isWhole else { break }
            switch opcode {
            case 9: events.append(.ping(ByteBuffer(bytes: payload)))
            case 10: events.append(.pong(ByteBuffer(bytes: payload)))
            case 8:
                if payload.isEmpty { return events + [.close(nil)] }
                let code = payload.prefix(2).reduce(0 as UInt16) { $0 << 8 | UInt16($1) }
                guard payload.count >= 2, isCode(code) else { return failed(.protocolError) }
                guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else {
                    return failed(.invalidText)
                }
                return events + [.close(CloseCode(rawValue: code))]
            default:
                guard isFinal, let whole = message else { continue }
                message = nil
                if !whole.isText {
                    events.append(.binary(ByteBuffer(bytes: whole.bytes)))
                } else if String(validating: whole.bytes, as: UTF8.self) != nil {
                    events.append(.text(ByteBuffer(bytes: whole.bytes)))
                } else {
                    return failed(.invalidText)
                }
            }
        }
        return events
    }

    /// Section 7.4, and the registry: 1004, 1005, 1006 and 1015 never travel.
    private static func isCode(_ code: UInt16) -> Bool {
        (1000..<5000).contains(code) && !(1015..<3000).contains(code) && ![1004, 1005, 1006].contains(code)
    }
}

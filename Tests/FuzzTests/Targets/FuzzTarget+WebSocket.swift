import NIOCore

@testable import Frontend

extension FuzzTarget {
    /// What a client sends once its connection is a WebSocket.
    static let webSocketFrames = FuzzTarget(
        name: "webSocketFrames",
        sample: { draw in
            Array(draw.list(upTo: 6) { frame(&$0) }.joined())
        },
        read: { bytes in
            var assembler = WebSocketAssembler(maximumBytes: 1 << 20)
            var input = ByteBuffer(bytes: bytes)
            while assembler.next(&input) != nil {}
        },
        check: { input in
            var draw = Draw(about: input)
            let limit = draw.pick([0, 3, 125, 200, 1 << 20])
            let expected = ReferenceMessages.read(input, limit: limit)
            for pieces in Pieces.ways(of: input) {
                var assembler = WebSocketAssembler(maximumBytes: limit)
                var events: [WebSocketAssembler.Event] = []
                for piece in pieces {
                    var piece = ByteBuffer(bytes: piece)
                    while let event = assembler.next(&piece) { events.append(event.withoutReason) }
                    try demand(piece.readableBytes == 0, "not all is read")
                    guard pieces.count <= 20 else { continue }
                    try demand(
                        Held.bytes(in: assembler) <= limit + 125 + 14, "more is held than a message and a control frame"
                    )
                }
                try demandEqual(events, expected, "the events of \(pieces.count) pieces, limit \(limit)")
            }
        })

    /// A frame, most often one that a client may send.
    private static func frame(_ draw: inout Draw) -> [UInt8] {
        let opcode = draw.one(in: 16) ? UInt8(draw.below(16)) : draw.pick([0, 1, 1, 2, 8, 9, 10])
        var payload = draw.one(in: 3) ? draw.bytes(upTo: 30) : Array(draw.text().utf8)
        if opcode == 8, !draw.one(in: 4) { payload = [3, UInt8(0xE8 + draw.below(15))] + payload }
        if draw.one(in: 12) { payload = Array(repeatElement(payload, count: 1 << draw.below(9)).joined()) }
        let isFinal = opcode >= 8 || !draw.one(in: 3)
        let first: UInt8 = (isFinal ? 0x80 : 0) | (draw.one(in: 32) ? 0x10 : 0) | opcode
        let isMasked = !draw.one(in: 32)
        let mask = isMasked ? (0..<4).map { _ in draw.byte() } : []
        let said = draw.one(in: 16) ? Int(draw.integer() & .max) : payload.count
        let second: UInt8 = isMasked ? 0x80 : 0
        var frame: [UInt8]
        switch said {
        case ..<126: frame = [first, second | UInt8(said)]
        case ..<65536: frame = [first, second | 126, UInt8(said >> 8), UInt8(said & 0xFF)]
        default: frame = [first, second | 127] + (0..<8).map { UInt8(truncatingIfNeeded: said >> (56 - 8 * $0)) }
        }
        frame += mask
        return frame + payload.enumerated().map { isMasked ? $1 ^ mask[$0 % 4] : $1 }
    }

    /// Whether text is UTF-8.
    static let utf8 = FuzzTarget(
        name: "utf8", maximumBytes: 300,
        sample: { draw in Array(draw.text(upTo: 40).utf8) },
        read: { bytes in
            var validator = UTF8Validator()
            _ = bytes.withUnsafeBytes { validator.accept($0) }
        },
        check: { input in
            for pieces in Pieces.ways(of: input) {
                var validator = UTF8Validator()
                var read: [UInt8] = []
                var isValid = true
                for piece in pieces where isValid {
                    isValid = piece.withUnsafeBytes { validator.accept($0) }
                    read += piece
                    try demandEqual(isValid, ReferenceUTF8.isBeginning(read), "whether \(read) may become UTF-8")
                }
                try demandEqual(
                    isValid && validator.isComplete, String(validating: input, as: UTF8.self) != nil,
                    "whether it is UTF-8")
            }
        })

    /// The mask on what clients send.
    static let mask = FuzzTarget(
        name: "mask", maximumBytes: 300,
        sample: { draw in draw.bytes(upTo: 60) },
        check: { input in
            let key = Array((input + [0, 0, 0, 0]).prefix(4))
            let word = key.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
            for pieces in Pieces.ways(of: input) {
                var buffer = ByteBuffer(bytes: [1, 2, 3])
                for piece in pieces {
                    buffer.writeUnmasked(ByteBuffer(bytes: piece), mask: word, offset: piece.startIndex)
                }
                let expected = [1, 2, 3] + input.enumerated().map { $1 ^ key[$0 % 4] }
                try demandEqual(Array(buffer.readableBytesView), expected, "what is under the mask")
            }
        })
}

extension WebSocketAssembler.Event {
    fileprivate var withoutReason: Self {
        if case .failed(let code, _) = self { .failed(code, reason: "") } else { self }
    }
}

/// Cuts a server's bytes into WebSocket frames and hands each over where it lies. Pure, and as cheap as can be: what is not of RFC 6455 is
/// not looked for, for that is what tests are for.
struct ServerFrames {
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// The beginning of a frame whose end has not come.
    private var partial: [UInt8] = []

    /// Calls `handle` with each frame that is whole.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ handle: (Opcode?, UnsafeRawBufferPointer) -> Void) {
        guard !partial.isEmpty else {
            let used = Self.walk(bytes, handle)
            if used < bytes.count { partial.append(contentsOf: bytes[used...]) }
            return
        }
        partial.append(contentsOf: bytes)
        let used = partial.withUnsafeBytes { Self.walk($0, handle) }
        partial.removeFirst(used)
    }

    /// Returns how many bytes were whole frames.
    private static func walk(
        _ bytes: UnsafeRawBufferPointer, _ handle: (Opcode?, UnsafeRawBufferPointer) -> Void
    ) -> Int {
        var offset = 0
        while bytes.count - offset >= 2 {
            var start = offset + 2
            var length = Int(bytes[offset + 1] & 0x7F)
            if length >= 126 {
                let size = length == 126 ? 2 : 8
                guard bytes.count - start >= size else { break }
                length = bytes[start..<start + size].reduce(0) { $0 << 8 | Int($1) }
                start += size
            }
            guard bytes.count - start >= length else { break }
            handle(
                Opcode(rawValue: bytes[offset] & 0x0F),
                UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
            offset = start + length
        }
        return offset
    }

    /// A client's frame. Its masking key is zero, which changes nothing, and may be.
    static func ofClient(_ opcode: Opcode, _ payload: some Collection<UInt8>) -> [UInt8] {
        let length = payload.count
        var frame: [UInt8] = [0x80 | opcode.rawValue]
        func append(_ count: Int) {
            for place in (0..<count).reversed() { frame.append(UInt8(length >> (place * 8) & 0xFF)) }
        }
        switch length {
        case ..<126: frame.append(0x80 | UInt8(length))
        case ..<65_536:
            frame.append(0x80 | 126)
            append(2)
        default:
            frame.append(0x80 | 127)
            append(8)
        }
        return frame + [0, 0, 0, 0] + payload
    }
}

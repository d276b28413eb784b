package import NIOCore

extension ByteBuffer {
    /// Appends `payload` unmasked: one pass, eight bytes at a time. `offset` is the place of its first byte in the frame.
    package mutating func writeUnmasked(_ payload: ByteBuffer, mask: UInt32, offset: Int) {
        let count = payload.readableBytes
        guard count > 0 else { return }
        // Turned so that its lowest byte belongs to the first byte of this piece.
        let turn = UInt32(offset & 3) * 8
        let key = turn == 0 ? mask : (mask >> turn) | (mask << (32 - turn))
        let wide = UInt64(key) | UInt64(key) << 32
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            payload.withUnsafeReadableBytes { source in
                var index = 0
                while index + 8 <= count {
                    let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ wide
                    target.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < count {
                    target[index] = source[index] ^ UInt8(truncatingIfNeeded: key >> (UInt32(index & 3) * 8))
                    index += 1
                }
            }
            return count
        }
    }
}

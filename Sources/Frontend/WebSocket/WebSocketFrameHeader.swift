package import NIOCore

/// The header of one WebSocket frame (RFC 6455, section 5.2).
package struct WebSocketFrameHeader: Hashable {
    package enum Opcode: UInt8, Hashable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    var isFinal: Bool
    var opcode: Opcode
    var length: Int
    /// The four key bytes, the first in the lowest byte; 0 changes nothing.
    var mask: UInt32

    /// Bytes that the header of an unmasked frame takes.
    package static func size(forLength length: Int) -> Int { length < 126 ? 2 : length < 65_536 ? 4 : 10 }

    /// Writes the header of an unmasked, final frame: a server's.
    package static func write(_ opcode: Opcode, length: Int, into buffer: inout ByteBuffer) {
        let first = 0x80 | opcode.rawValue
        if length < 126 {
            buffer.writeMultipleIntegers(first, UInt8(length))
        } else if length < 65_536 {
            buffer.writeMultipleIntegers(first, UInt8(126), UInt16(length))
        } else {
            buffer.writeMultipleIntegers(first, UInt8(127), UInt64(length))
        }
    }
}

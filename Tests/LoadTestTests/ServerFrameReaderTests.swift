import NIOCore
import Testing

@testable import LoadTest

@Suite struct ServerFrameReaderTests {
    private func frame(_ opcode: UInt8, _ payload: String, fin: Bool = true) -> [UInt8] {
        let bytes = Array(payload.utf8)
        var frame = [(fin ? 0x80 : 0) | opcode]
        switch bytes.count {
        case ..<126: frame.append(UInt8(bytes.count))
        case ..<65_536: frame += [126, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
        default: frame += [127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
        }
        return frame + bytes
    }

    private func read(_ pieces: [[UInt8]]) throws -> [String] {
        var reader = ServerFrameReader()
        var messages: [String] = []
        for piece in pieces {
            try reader.read(ByteBuffer(bytes: piece)) { message, payload in
                messages.append("\(message) \(String(decoding: payload, as: UTF8.self))")
                return true
            }
        }
        return messages
    }

    @Test func framesAreFoundHoweverTheyAreCut() throws {
        let long = String(repeating: "x", count: 300)
        let bytes = frame(1, "one") + frame(9, "p") + frame(1, "") + frame(1, long) + frame(8, "")
        let expected = ["text one", "ping p", "text ", "text \(long)", "close "]
        #expect(try read([bytes]) == expected)
        #expect(try read(bytes.map { [$0] }) == expected)
        for cut in bytes.indices { #expect(try read([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected) }
    }

    @Test func aLongFrameIsPutTogether() throws {
        let long = String(repeating: "y", count: 70_000)
        let bytes = frame(1, long) + frame(1, "next")
        let pieces = stride(from: 0, to: bytes.count, by: 1000).map { Array(bytes[$0..<min($0 + 1000, bytes.count)]) }
        #expect(try read(pieces) == ["text \(long)", "text next"])
    }

    @Test func fragmentsAreJoinedAroundAPing() throws {
        let bytes = frame(1, "a", fin: false) + frame(0, "b", fin: false) + frame(9, "") + frame(0, "c") + frame(1, "d")
        #expect(try read([bytes]) == ["ping ", "text abc", "text d"])
        #expect(try read(bytes.map { [$0] }) == ["ping ", "text abc", "text d"])
    }

    @Test func whoeverReadsMayStop() throws {
        var reader = ServerFrameReader()
        var count = 0
        try reader.read(ByteBuffer(bytes: frame(1, "one") + frame(1, "two"))) { _, _ in
            count += 1
            return false
        }
        #expect(count == 1)
    }

    @Test(arguments: [
        [UInt8(0xC1), 0], [0x81, 0x80], [0x80, 0], [0x83, 0], [0x09, 0], [0x81, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0],
    ])
    func whatNoServerSendsIsRefused(_ bytes: [UInt8]) {
        #expect(throws: ServerFrameReader.Malformed.self) { try read([bytes]) }
        #expect(throws: ServerFrameReader.Malformed.self) { try read([frame(1, "a", fin: false) + frame(1, "b")]) }
    }
}

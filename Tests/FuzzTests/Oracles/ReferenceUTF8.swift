/// What can become UTF-8, by trying.
enum ReferenceUTF8 {
    /// Bytes that stand for all that may follow: the edges of what continues a code point.
    private static let continuations: [[UInt8]] = {
        let edges: [UInt8] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF]
        let one = edges.map { [$0] }
        let two = edges.map { [$0, 0x80] }
        let three = edges.map { [$0, 0x80, 0x80] }
        return [[]] + one + two + three
    }()

    /// Whether there are bytes with which `bytes` are UTF-8.
    static func isBeginning(_ bytes: [UInt8]) -> Bool {
        // All but the last code point must be whole.
        let tail = bytes.suffix(4)
        guard let start = tail.indices.last(where: { tail[$0] & 0xC0 != 0x80 }) else {
            return String(validating: bytes, as: UTF8.self) != nil
        }
        guard String(validating: bytes[..<start], as: UTF8.self) != nil else { return false }
        return continuations.contains { String(validating: Array(bytes[start...]) + $0, as: UTF8.self) != nil }
    }
}

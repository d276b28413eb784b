/// Makes an input out of others, by small changes.
struct Mutation {
    let words: [[UInt8]]
    let maximumBytes: Int

    init(words: [String], maximumBytes: Int) {
        self.words = words.map { Array($0.utf8) }
        self.maximumBytes = maximumBytes
    }

    /// `input` after one to eight changes; `other` is another input, to take parts from.
    func change(_ input: [UInt8], with other: [UInt8], _ draw: inout Draw) -> [UInt8] {
        var bytes = input
        for _ in 0...draw.below(1 << draw.below(4)) { step(&bytes, other, &draw) }
        return Array(bytes.prefix(maximumBytes))
    }

    private func step(_ bytes: inout [UInt8], _ other: [UInt8], _ draw: inout Draw) {
        let place = draw.below(bytes.count + 1)
        let part = range(of: bytes, &draw)
        switch draw.below(12) {
        case 0: bytes.insert(draw.byte(), at: place)
        case 1: bytes.removeSubrange(part)
        case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8(draw.below(8)) }
        case 3: if place < bytes.count { bytes[place] = draw.byte() }
        case 4: if place < bytes.count { bytes[place] = draw.pick(Self.marks) }
        case 5: bytes.insert(contentsOf: bytes[part], at: place)
        case 6: bytes.insert(contentsOf: other[range(of: other, &draw)], at: place)
        case 7: bytes.replaceSubrange(part, with: other[range(of: other, &draw)])
        case 8: if !words.isEmpty { bytes.insert(contentsOf: draw.pick(words), at: place) }
        case 9: if !words.isEmpty { bytes.replaceSubrange(part, with: draw.pick(words)) }
        case 10: replaceNumber(&bytes, near: place, &draw)
        default:
            guard !part.isEmpty, bytes.count < maximumBytes else { return }
            let times = min(1 << draw.below(8), maximumBytes / part.count)
            bytes.insert(contentsOf: (0..<times).flatMap { _ in bytes[part] }, at: place)
        }
    }

    /// Mostly short.
    private func range(of bytes: [UInt8], _ draw: inout Draw) -> Range<Int> {
        let start = draw.below(bytes.count + 1)
        let rest = bytes.count - start
        return start..<start + draw.below((draw.one(in: 4) ? rest : min(rest, 8)) + 1)
    }

    private func replaceNumber(_ bytes: inout [UInt8], near place: Int, _ draw: inout Draw) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[min(place, bytes.count)...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: Array(draw.integer().description.utf8))
    }

    private static let marks: [UInt8] = [
        0, 1, 9, 10, 13, 32, 34, 36, 37, 38, 42, 43, 44, 45, 46, 47, 48, 49, 57, 58, 63, 64, 91, 92, 93, 95, 123, 125,
        0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xFE, 0xFF,
    ]
}

import TestSupport

/// A source of decisions, from which inputs and values are made: random numbers, or the bytes of an input that a fuzzer varies.
///
/// Bytes that have run out are zeros, so every choice has its plainest case first: short inputs make plain values.
struct Draw {
    private enum Source {
        case random(SeededRandom)
        case bytes(ArraySlice<UInt8>)
    }

    private var source: Source

    init(seed: UInt64) { source = .random(SeededRandom(seed: seed)) }

    init(bytes: [UInt8]) { source = .bytes(bytes[...]) }

    /// Decisions that belong to an input and are the same whenever it is tried.
    init(about input: [UInt8]) {
        self.init(seed: input.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    mutating func byte() -> UInt8 {
        switch source {
        case .random(var random):
            defer { source = .random(random) }
            return UInt8(truncatingIfNeeded: random.next() >> 32)
        case .bytes(var bytes):
            defer { source = .bytes(bytes) }
            return bytes.popFirst() ?? 0
        }
    }

    /// A number from 0 up to but not including `bound`.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        var value: UInt64 = 0
        var range: UInt64 = 1
        while range < UInt64(bound) {
            value = value << 8 | UInt64(byte())
            range <<= 8
        }
        return Int(value % UInt64(bound))
    }

    /// True in one of `count` cases.
    mutating func one(in count: Int) -> Bool { below(count) == count - 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func word() -> UInt64 { (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) } }

    /// Mostly small, often at the edge of some range, else any.
    mutating func integer() -> Int64 {
        switch below(4) {
        case 0: return Int64(below(300))
        case 1:
            let edge = pick([0, 8, 16, 31, 32, 47, 48, 53, 62, 63])
            return (edge == 63 ? Int64.max : Int64(1) << Int64(edge)) &+ Int64(below(5)) &- 2
        case 2: return -Int64(below(300))
        default: return Int64(bitPattern: word())
        }
    }

    mutating func bytes(upTo count: Int) -> [UInt8] { (0..<below(count + 1)).map { _ in byte() } }

    mutating func list<Element>(upTo count: Int, _ make: (inout Draw) -> Element) -> [Element] {
        (0..<below(count + 1)).map { _ in make(&self) }
    }

    /// Nil in about every other case.
    mutating func maybe<Value>(_ make: (inout Draw) -> Value) -> Value? { byte() & 1 == 1 ? make(&self) : nil }

    /// Text of plain letters, of what must be escaped somewhere, and of what is long in UTF-8.
    mutating func text(upTo count: Int = 12) -> String {
        var text = ""
        for _ in 0..<below(count + 1) {
            switch below(8) {
            case 0...3: text.unicodeScalars.append(Unicode.Scalar(UInt8(0x61 + below(26))))
            case 4: text += pick([" ", "\"", "\\", "/", "\n", "\r", "\t", ":", ",", "-", "{", "}", "[", "]", "%", "&"])
            case 5: text.unicodeScalars.append(Unicode.Scalar(UInt8(below(0x80))))
            case 6:
                text += pick(["é", "ß", "中", "\u{2028}", "\u{FEFF}", "\u{301}", "😀", "👩‍👩‍👧", "\u{10FFFF}", "\u{D7FF}"])
            default: text += pick(["stop", "kill", "penstock:", "data: ", "\r\n", "null", "0", "1-1", "true"])
            }
        }
        return text
    }

    /// 32 hexadecimal digits in groups.
    mutating func uuid() -> String {
        let digits = Array("0123456789abcdefABCDEF")
        return [8, 4, 4, 4, 12].map { count in String((0..<count).map { _ in digits[below(22)] }) }
            .joined(separator: "-")
    }
}

/// What one pass over JSON text finds before anything is decoded: how much there is of it, and how deep it goes.
///
/// A decoder costs up to thousands of times more for each value than this does for each byte, so a frame is judged here first. It
/// reads on where the text is malformed; the decoder says what is wrong with it.
struct JSONOutline {
    /// Values and depth that are accepted, inclusive.
    struct Limits: Hashable, Sendable {
        var values: Int
        var depth: Int
    }

    /// The first bound that the text breaks.
    struct Excess: Hashable, Sendable {
        enum Measure: Hashable, Sendable {
            case values, depth
        }

        var measure: Measure
        /// Where it is broken: the keys of the two outer objects, joined by a dot; nil outside of them.
        var field: String?
        /// The string `id` of the outermost object, where it stood before that.
        var id: String?
    }

    /// Bytes of a key that are told, and of an id.
    private static let shownBytes = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var depth = 0
    private var values = 0
    /// The string read last, without its quotes, as it stands.
    private var string = 0..<0
    /// Where the keys of the outermost object and of the one in it stand.
    private var keys = (0..<0, 0..<0)
    private var id: Range<Int>?

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The first bound that `bytes` breaks, or nil.
    static func excess(of bytes: UnsafeBufferPointer<UInt8>, over limits: Limits) -> Excess? {
        var outline = JSONOutline(bytes)
        return outline.read(limits).map { measure in
            Excess(measure: measure, field: outline.field, id: outline.id.flatMap(outline.text))
        }
    }

    /// The string `id` of the outermost object in the first `count` bytes of `bytes`.
    static func id(in bytes: UnsafeBufferPointer<UInt8>, first count: Int) -> String? {
        var outline = JSONOutline(UnsafeBufferPointer(rebasing: bytes.prefix(count)))
        _ = outline.read(Limits(values: .max, depth: .max))
        return outline.id.flatMap(outline.text)
    }

    private mutating func read(_ limits: Limits) -> Excess.Measure? {
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                readString()
            case UInt8(ascii: ":"):
                if depth == 1 { keys = (string, 0..<0) }
                if depth == 2 { keys.1 = string }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                values += 1
                if depth > limits.depth { return .depth }
                if values > limits.values { return .values }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
            case UInt8(ascii: ","):
                values += 1
                if depth == 1 { keys = (0..<0, 0..<0) }
                if values > limits.values { return .values }
            default:
                break
            }
        }
        return nil
    }

    /// Reads to behind the closing quote.
    private mutating func readString() {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        string = start..<min(offset, bytes.count)
        offset += 1
        if depth == 1, text(keys.0) == "id" { id = string }
    }

    private var field: String? {
        guard let outer = text(keys.0) else { return nil }
        return text(keys.1).map { "\(outer).\($0)" } ?? outer
    }

    private func text(_ range: Range<Int>) -> String? {
        guard (1...Self.shownBytes).contains(range.count) else { return nil }
        return String(decoding: bytes[range], as: UTF8.self)
    }
}

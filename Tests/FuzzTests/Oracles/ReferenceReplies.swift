import Shared

/// RESP2, read by recursive descent over the whole of the bytes.
struct ReferenceReplies {
    enum End: Equatable {
        /// More bytes may make another reply.
        case open
        case violation
        /// The versions of hiredis differ on it.
        case contested
    }

    private enum Trouble: Error {
        case incomplete, violation, contested
    }

    /// Arrays inside each other that are read.
    private static let maximumDepth = 8

    private let bytes: [UInt8]
    private var offset = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The replies that `bytes` begin with, and what follows them.
    static func read(_ bytes: [UInt8]) -> (replies: [RedisReply], end: End) {
        var reader = ReferenceReplies(bytes)
        var replies: [RedisReply] = []
        do {
            while true { replies.append(try reader.reply(depth: 0)) }
        } catch Trouble.incomplete {
            return (replies, .open)
        } catch Trouble.contested {
            return (replies, .contested)
        } catch {
            return (replies, .violation)
        }
    }

    private mutating func line() throws -> String {
        guard offset < bytes.count else { throw Trouble.incomplete }
        for end in offset..<bytes.count where bytes[end...].starts(with: [0x0D, 0x0A]) {
            defer { offset = end + 2 }
            // As bytes, of which each is a scalar: what is not UTF-8 is kept.
            return String(String.UnicodeScalarView(bytes[offset..<end].map { Unicode.Scalar($0) }))
        }
        throw Trouble.incomplete
    }

    private mutating func number() throws -> Int {
        let line = try line()
        guard let number = Int(line), number.description == line else { throw Trouble.violation }
        return number
    }

    private mutating func reply(depth: Int) throws -> RedisReply {
        guard offset < bytes.count else { throw Trouble.incomplete }
        let kind = bytes[offset]
        offset += 1
        switch kind {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let line = try line().unicodeScalars.map { UInt8($0.value) }
            if line.contains(0x0A) || line.contains(0x0D) { throw Trouble.contested }
            return kind == UInt8(ascii: "+")
                ? .string(line) : .error(RedisError(reply: String(decoding: line, as: UTF8.self)))
        case UInt8(ascii: ":"):
            return .integer(try number())
        case UInt8(ascii: "$"):
            let count = try number()
            guard count >= -1 else { throw Trouble.violation }
            guard count >= 0 else { return .null }
            guard bytes.count - offset - 2 >= count else { throw Trouble.incomplete }
            defer { offset += count + 2 }
            return .string(Array(bytes[offset..<offset + count]))
        case UInt8(ascii: "*"):
            guard depth < Self.maximumDepth else { throw Trouble.violation }
            let count = try number()
            guard count >= -1, count <= Int32.max else { throw Trouble.violation }
            guard count >= 0 else { return .null }
            var elements: [RedisReply] = []
            for _ in 0..<count { elements.append(try reply(depth: depth + 1)) }
            return .array(elements)
        case UInt8(ascii: "_"), UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "%"), UInt8(ascii: "~"),
            UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "!"):
            // RESP3, which is never asked for.
            throw Trouble.contested
        default:
            throw Trouble.violation
        }
    }
}

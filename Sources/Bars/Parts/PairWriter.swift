/// Writes the commands XADD and PUBLISH of tokens as a worker writes them for an entry of one token, byte for byte: the same keys, ids,
/// fields and texts, round robin over streams. Only the transaction around them is left away.
///
/// Pure. Texts are those of the `count` generator: `0 `, `1 ` and so on in each stream, as the entries 1-1, 1-2 and so on.
struct PairWriter {
    /// What does not change in the commands of one stream, between what does.
    private struct Stream {
        var head: [UInt8]
        var middle: [UInt8]
    }

    private let streams: [Stream]
    /// The entries written so far of every stream, and of those before `place` one more.
    private var index = 0
    private var place = 0

    /// The requests whose logs are written.
    let requests: [String]

    init(requests: [String]) {
        self.requests = requests
        streams = requests.map { request in
            let key = "tokens:{\(request)}"
            let feed = "tokens:\(request)"
            return Stream(
                head: Array("*6\r\n$4\r\nXADD\r\n$\(key.utf8.count)\r\n\(key)\r\n$10\r\nNOMKSTREAM\r\n$".utf8),
                middle: Array("*3\r\n$7\r\nPUBLISH\r\n$\(feed.utf8.count)\r\n\(feed)\r\n$".utf8))
        }
    }

    /// The most bytes that a pair takes.
    var largestPair: Int { (streams.first.map { $0.head.count + $0.middle.count } ?? 0) + 160 }

    /// Appends `count` pairs to `bytes`.
    mutating func write(_ count: Int, into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + count * largestPair)
        for _ in 0..<count {
            let stream = streams[place]
            let id = index + 1
            let idDigits = Self.digits(id)
            let textDigits = Self.digits(index)
            bytes += stream.head
            Self.append(idDigits + 2, to: &bytes)
            bytes += Self.beginID
            Self.append(id, to: &bytes)
            bytes += Self.field
            Self.append(textDigits + 1, to: &bytes)
            bytes += Self.lineEnd
            Self.append(index, to: &bytes)
            bytes += Self.spaceLineEnd
            bytes += stream.middle
            Self.append(idDigits + textDigits + 8, to: &bytes)
            bytes += Self.beginID
            Self.append(id, to: &bytes)
            bytes += Self.kind
            Self.append(index, to: &bytes)
            bytes += Self.spaceLineEnd
            place += 1
            if place == streams.count { (place, index) = (0, index + 1) }
        }
    }

    private static let beginID = Array("\r\n1-".utf8)
    private static let field = Array("\r\n$1\r\nc\r\n$".utf8)
    private static let kind = Array(" c 1 ".utf8)
    private static let lineEnd = Array("\r\n".utf8)
    private static let spaceLineEnd = Array(" \r\n".utf8)

    private static func digits(_ number: Int) -> Int {
        var count = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}

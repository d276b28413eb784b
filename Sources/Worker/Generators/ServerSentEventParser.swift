/// Reads a stream of server-sent events (WHATWG HTML, section 9.2.6), however it is cut into pieces. Pure.
///
/// Lines end with CR, LF or CRLF; several `data` lines of one event are joined with LF; comments, unknown fields, `id` and
/// `retry` are passed over; a byte order mark at the start is too. An event without data is none. What the stream's end cuts off is
/// not an event.
///
/// Bound: a line, and the data of an event, may have `maximumBytes` bytes.
package struct ServerSentEventParser: Sendable {
    /// One event.
    package struct Event: Hashable, Sendable {
        /// What the `event` field said; `message` where there was none.
        package var type: String
        package var data: [UInt8]

        package init(type: String = "message", data: [UInt8]) {
            self.type = type
            self.data = data
        }
    }

    /// A line or an event is longer than the bound: nothing more can be read.
    package struct TooLong: Error, Hashable, Sendable {}

    private let maximumBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var type = ""
    /// The last byte was a CR: an LF that follows belongs to it.
    private var followsReturn = false
    private var isAtStart = true

    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Reads the next piece and hands each event that it completes to `body`.
    package mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ body: (Event) throws -> Void
    ) throws {
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let isReturn = rest[end] == UInt8(ascii: "\r")
            if followsReturn, !isReturn, end == rest.startIndex {
                followsReturn = false
            } else {
                try append(rest[rest.startIndex..<end])
                followsReturn = isReturn
                if let event = try endLine() { try body(event) }
            }
            rest = rest[(end + 1)...]
        }
        if !rest.isEmpty {
            followsReturn = false
            try append(rest)
        }
    }

    private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(TooLong) {
        guard line.count + bytes.count <= maximumBytes else { throw TooLong() }
        line.append(contentsOf: bytes)
    }

    private mutating func endLine() throws(TooLong) -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        var field = line[...]
        if isAtStart {
            isAtStart = false
            if field.starts(with: [0xEF, 0xBB, 0xBF]) { field = field.dropFirst(3) }
        }
        guard !field.isEmpty else { return endEvent() }
        let colon = field.firstIndex(of: UInt8(ascii: ":")) ?? field.endIndex
        let name = field[..<colon]
        var value = field[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            guard data.count + value.count < maximumBytes else { throw TooLong() }
            if hasData { data.append(UInt8(ascii: "\n")) }
            hasData = true
            data.append(contentsOf: value)
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        defer {
            data.removeAll(keepingCapacity: true)
            hasData = false
            type = ""
        }
        return hasData ? Event(type: type.isEmpty ? "message" : type, data: data) : nil
    }
}

/// A blocking connection to Redis of which answers are read until something expected has come. For one thread.
struct RedisDialogue {
    private let socket: BlockingSocket
    private var unread: [UInt8] = []

    init(_ socket: BlockingSocket) { self.socket = socket }

    func send(_ command: [UInt8]) throws { try socket.send(command) }

    /// Reads until `expected` has come, and leaves what came behind it unread; what came before is passed over. Throws what Redis complains
    /// of, and when the connection ends.
    mutating func receive(through expected: [UInt8]) throws {
        while true {
            if let range = unread.firstRange(of: expected) {
                unread.removeSubrange(..<range.upperBound)
                return
            }
            if unread.first == UInt8(ascii: "-") {
                throw BarsFailure("Redis says: \(String(decoding: unread.dropFirst(), as: UTF8.self))")
            }
            try receiveMore()
        }
    }

    /// Reads the answer to an XRANGE of one id. Returns whether there is such an entry.
    mutating func receivesEntry() throws -> Bool {
        while unread.count < 2 { try receiveMore() }
        guard unread[1] == UInt8(ascii: "1") else {
            try receive(through: Array("*0\r\n".utf8))
            return false
        }
        try receive(through: ScriptedRequest.entry)
        return true
    }

    private mutating func receiveMore() throws {
        let count = unread.count
        unread.append(contentsOf: repeatElement(0, count: 4096))
        let read = try unread.withUnsafeMutableBytes {
            try socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
        }
        unread.removeSubrange((count + read)...)
        guard read > 0 else { throw BarsFailure("Redis closed the connection") }
    }

    /// Sends, and reads until `expected` has come.
    mutating func send(_ command: [UInt8], until expected: [UInt8]) throws {
        try send(command)
        try receive(through: expected)
    }

    /// The confirmation of a subscription, the connection's only one, or of its end.
    static func confirmation(_ command: String, _ channel: String) -> [UInt8] {
        let words = RESP.command([command, channel])
        // The array's third element is a number.
        return Array("*3".utf8) + words[2...] + Array(":\(command == "subscribe" ? 1 : 0)\r\n".utf8)
    }

    mutating func subscribe(to channel: String) throws {
        try send(RESP.command(["SUBSCRIBE", channel]), until: Self.confirmation("subscribe", channel))
    }

    mutating func unsubscribe(from channel: String) throws {
        try send(RESP.command(["UNSUBSCRIBE", channel]), until: Self.confirmation("unsubscribe", channel))
    }
}

import Benchmarking
import Shared

/// How a message or a field becomes an entry, and what its reader does with it.
extension Stage {
    static let entry = [
        Stage("entry.feed", "an entry of the feed, one token") { feed(Sample.token) },
        Stage("entry.feed.long", "an entry of the feed, 16 tokens") { feed(Sample.text) },
        Stage("entry.log", "an entry of a page of the log, one token") { log(Sample.token) },
    ]

    private static func feed(_ text: String) -> Work {
        let payload = Sample.payload(17, text)
        return Work(bytes: payload, operations: 64) { rounds in
            var bytes = 0
            payload.withUnsafeBytes { payload in
                for _ in 0..<rounds * 64 {
                    guard case .chunk(let text, _)? = TokenEntryCoding.entry(payload: payload)?.body else { continue }
                    bytes += text.utf8.count
                }
            }
            guard bytes == rounds * 64 * text.utf8.count else { throw StageFailure("entries are missing") }
        }
    }

    /// A page as `XRANGE` answers it, from the parsed reply to its entries, as `RedisBroker.entries` reads it.
    private static func log(_ text: String) -> Work {
        let page = 64
        var reply = Array("*\(page)\r\n".utf8)
        for index in 1...page {
            reply += Array("*2\r\n".utf8) + Sample.bulk("1-\(index)") + Array("*2\r\n".utf8)
            reply += Sample.bulk("c") + Sample.bulk(text)
        }
        let bytes = reply
        let parser = ReplyParser()
        try? bytes.withUnsafeBytes { try parser.feed($0) }
        guard
            let reply = try? parser.next().map({ reader in
                var reader = reader
                return reader.reply()
            })
        else { preconditionFailure("the page is no reply") }
        return Work(bytes: Array(bytes.prefix(bytes.count / page)), operations: page) { rounds in
            var entries = 0
            for _ in 0..<rounds {
                for entry in reply.array ?? [] {
                    guard let id = entry[0]?.string else { continue }
                    let fields = (entry[1]?.array ?? []).map { $0.string ?? "" }
                    if TokenEntryCoding.entry(id: id, fields: fields) != nil { entries += 1 }
                }
            }
            guard entries == rounds * page else { throw StageFailure("entries are missing") }
        }
    }

    static let cursor = [
        Stage("cursor.feed", "an entry of the feed that follows the cursor") {
            var entry = TokenEntry(id: EntryID(attempt: 1, index: 0), body: .chunk(text: Sample.token, tokens: 1))
            return Work(operations: 64) { rounds in
                var machine = TokenCursorStateMachine(cursor: EntryID(attempt: 1, index: 0))
                _ = machine.feedEstablished()
                _ = machine.pageEnded(progressed: false, full: false)
                for index in 1...UInt64(rounds * 64) {
                    entry.id.index = index
                    guard machine.feedReceived(entry) == .deliver else {
                        throw StageFailure("an entry does not follow")
                    }
                }
            }
        }
    ]
}

import Foundation
import NIOCore

@testable import Frontend
@testable import Shared

extension FuzzTarget {
    /// The log of an answer and its live feed, as readers find them.
    static let tokenEntries = FuzzTarget(
        name: "tokenEntries",
        words: [
            "1-1 c 1 ", "1-1 b 2 1 1 ", "1-1 r 0 ", "1-0 a {\"p\":\"0-0\",\"a\":\"w\"}",
            "1-281474976710656 s {\"p\":\"1-1\",\"mode\":\"stop\"}", "\"p\":\"0-0\"",
            "\"e\":\"completed\"", "\"ended_at\":\"9223372036854775807\"", "\"requested_at\":\"-1\"",
            "\"output_tokens\":\"-9\"", "999999999999999999", " c ",
        ],
        sample: { draw in payload(entry(&draw)) },
        read: { bytes in bytes.withUnsafeBytes { TokenEntryCoding.readEntries(payload: $0) { _ in } } },
        check: { input in
            var draw = Draw(bytes: input)
            var read: [TokenEntry] = []
            input.withUnsafeBytes { bytes in TokenEntryCoding.readEntries(payload: bytes) { read.append($0) } }
            for heard in read { try check(heard, &draw) }
            for (one, next) in zip(read, read.dropFirst()) { try demand(next.follows(one.id), "a batch has a hole") }
            // What is written is what is read, from the log and from the feed.
            let entry = entry(&draw)
            try demandEqual(
                TokenEntryCoding.entry(id: entry.id.description, fields: fields(entry)), entry, "the entry of the log")
            if max(entry.id.attempt, entry.id.index) < 1_000_000_000_000_000_000 {
                let heard = payload(entry).withUnsafeBytes { TokenEntryCoding.entry(payload: $0) }
                try demandEqual(heard, entry, "the entry on the feed")
            }
            // Fields that nobody wrote.
            let strange = draw.list(upTo: 8) {
                $0.one(in: 3)
                    ? $0.text() : $0.pick(["c", "n", "r", "a", "p", "s", "mode", "stop", "e", "failed", "0-0", "-1"])
            }
            if let read = TokenEntryCoding.entry(id: draw.entryID().description, fields: strange) {
                try check(read, &draw)
            }
        })

    private static func check(_ entry: TokenEntry, _ draw: inout Draw) throws {
        _ = entry.follows(draw.entryID())
        var machine = TokenCursorStateMachine(cursor: draw.entryID())
        _ = (
            machine.feedEstablished(), machine.feedReceived(entry), machine.logReceived(entry),
            machine.pageEnded(progressed: true, full: false)
        )
        switch entry.body {
        case .chunk(_, let tokens): try demand(Usage.range.contains(tokens), "\(tokens) tokens")
        case .ended(let ending, _):
            let request = draw.requestID()
            var encoder = ServerEventEncoder()
            let event = try ServerEventDecoder().decode(encoder.encode(ending.event(of: request)))
            try demandEqual(event?.event, ending.event(of: request), "what a client is told of the ending")
        case .attempt, .restarted, .sealed: break
        }
    }

    private static func entry(_ draw: inout Draw) -> TokenEntry {
        let id = draw.entryID()
        let after = draw.entryID()
        switch draw.below(5) {
        case 0: return TokenEntry(id: id, body: .chunk(text: draw.text(upTo: 30), tokens: draw.below(1 << 31)))
        case 1: return TokenEntry(id: id, body: .restarted)
        case 2: return TokenEntry(id: id, body: .attempt(worker: draw.text(), after: after))
        case 3:
            var stop = draw.stop()
            stop.observedAt = nil
            return TokenEntry(id: id, body: .sealed(stop, after: after))
        default: return TokenEntry(id: id, body: .ended(draw.ending(), after: after))
        }
    }

    /// As the scripts write it.
    private static func fields(_ entry: TokenEntry) -> [String] {
        func list(_ stop: StopIntent?) -> [String] {
            guard let stop else { return [] }
            return ["mode", stop.mode.rawValue, "by", stop.by.rawValue, "reason", stop.reason ?? ""]
                + (stop.requestedAt.map { ["requested_at", "\($0.microseconds)"] } ?? [])
                + (stop.observedAt.map { ["observed_at", "\($0.microseconds)"] } ?? [])
        }
        switch entry.body {
        case .chunk(let text, let tokens): return ["c", text] + (tokens == 1 ? [] : ["n", "\(tokens)"])
        case .restarted: return ["r", ""]
        case .attempt(let worker, let after): return ["a", worker, "p", after.description]
        case .sealed(let stop, let after): return ["s", stop.mode.rawValue, "p", after.description] + list(stop)
        case .ended(let ending, let after):
            return ["e", ending.state.rawValue, "p", after.description, "finish_reason", ending.finishReason]
                + ["input_tokens", "\(ending.usage.inputTokens)", "output_tokens", "\(ending.usage.outputTokens)"]
                + list(ending.stop)
                + (ending.error.map { ["error_code", $0.code.rawValue, "error_message", $0.message] } ?? [])
                + (ending.endedAt.map { ["ended_at", "\($0.microseconds)"] } ?? [])
        }
    }

    private static func payload(_ entry: TokenEntry) -> [UInt8] {
        switch entry.body {
        case .chunk(let text, let tokens): return Array("\(entry.id) c \(tokens) \(text)".utf8)
        case .restarted: return Array("\(entry.id) r 0 ".utf8)
        case .attempt, .sealed, .ended:
            let fields = fields(entry)
            let pairs = stride(from: 0, to: fields.count, by: 2).map { (fields[$0], fields[$0 + 1]) }
            let object = (try? JSONEncoder().encode(Dictionary(pairs) { $1 })).map { Array($0) } ?? []
            return Array("\(entry.id) \(fields[0]) ".utf8) + object
        }
    }

    /// Jobs in their queue, and the records of requests, messages, nodes and dead jobs.
    static let jobs = FuzzTarget(
        name: "jobs",
        words: [
            "\"request_id\":", "\"session_id\":", "\"owner\":", "\"history\":[", "\"role\":", "\"on_disconnect\":",
            "\"submitted_at\":", "\"parameters\":{",
            "0000-01-01T00:00:00Z", "null", "-9223372036854775808", "{", "}", "[", "]", "\"", ",",
        ],
        sample: { draw in JobCoding.encode(draw.job()) },
        read: { bytes in _ = try? JobCoding.decode(bytes) },
        check: { input in
            var draw = Draw(bytes: input)
            let job = (try? JobCoding.decode(input)) ?? draw.job()
            try demandEqual(try JobCoding.decode(JobCoding.encode(job)), job, "the job that was written")
            // Whatever stands in a hash or a stream, it is read or passed over, and can be shown.
            let words = [
                "state", "running", "session", "role", "worker", "user", "frontend", "created_at", "ended_at",
                "finish_reason", "stop", "attempt",
                "request", "running", "started_at", "pid", "slots", "deliveries", "id", "job", "mode", "stop_mode",
                "stop_at", "error_code",
                "9223372036854775807", "-9223372036854775808", "18446744073709551615", "253402300800000000",
                "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            ]
            func value(_ draw: inout Draw) -> RedisReply {
                switch draw.below(8) {
                case 0: .integer(Int(draw.integer()))
                case 1: .null
                case 2: .array([])
                case 3: .string(draw.bytes(upTo: 8))
                default: .string(Array(draw.pick(words).utf8))
                }
            }
            let reply = RedisReply.array(draw.list(upTo: 12) { value(&$0) })
            let id = draw.requestID()
            if let record = RequestRecord(id, reply) {
                _ = (record.createdAt.iso8601, record.endedAt?.iso8601, "\(record)")
            }
            if let message = MessageRecord(id.message, reply) {
                _ = try JSONEncoder().encode(message)
                _ = message.ending?.event(of: id)
            }
            if let node = NodeRecord("x", reply) { _ = node.startedAt.iso8601 }
            let entry = RedisReply.array([.string(Array("\(UInt64(bitPattern: draw.integer()))-0".utf8)), reply])
            if let dead = DeadJob(entry, queue: "q") {
                let text = dead.diedAt.iso8601
                try demand(Timestamp(iso8601: text) != nil, "\(text) is no moment")
            }
        })
}

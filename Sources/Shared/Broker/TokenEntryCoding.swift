/// How entries stand in the log and on the feed.
///
/// The log has a flat list of fields; the first names the kind: `c` text (then `n` tokens, unless 1), `r` nothing, `a` worker,
/// `s` mode, `e` state. The feed has `<id> c <tokens> <text>` for a chunk, `<id> r 0 ` for a restart, and `<id> <kind> <JSON object of
/// the same fields>` otherwise; chunks that were written together are one message, `<id of the first> b <how many> `, then
/// `<tokens> <bytes> <text>` for each, with nothing between them.
package enum TokenEntryCoding {
    /// Reads an entry of the log. Nil for what Penstock did not write.
    package static func entry(id: String, fields: [String]) -> TokenEntry? {
        guard let id = EntryID(id), fields.count >= 2 else { return nil }
        if fields[0] == "c" {
            let tokens = fields.count >= 4 && fields[2] == "n" ? Usage.bounded(Int(fields[3]) ?? 1) : 1
            return TokenEntry(id: id, body: .chunk(text: fields[1], tokens: tokens))
        }
        if fields[0] == "r" { return TokenEntry(id: id, body: .restarted) }
        var object: [String: String] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) { object[fields[index]] = fields[index + 1] }
        return body(kind: fields[0], object).map { TokenEntry(id: id, body: $0) }
    }

    /// Reads a message of the feed, and hands on its entries in order. What Penstock did not write is passed over; of chunks written together
    /// none is handed on unless all can be read. Chunks cost no more than their text.
    package static func readEntries(payload: UnsafeRawBufferPointer, _ body: (TokenEntry) -> Void) {
        if let batch = Batch(payload) {
            batch.forEach(body)
        } else if let entry = entry(payload: payload) {
            body(entry)
        }
    }

    /// Reads a message of the feed with a single entry. Nil for what Penstock did not write.
    package static func entry(payload: UnsafeRawBufferPointer) -> TokenEntry? {
        var reader = PayloadReader(payload)
        guard let attempt = reader.number(endedBy: UInt8(ascii: "-")),
            let index = reader.number(endedBy: UInt8(ascii: " ")), let kind = reader.byte(followedBy: UInt8(ascii: " "))
        else { return nil }
        let id = EntryID(attempt: attempt, index: index)
        if kind == UInt8(ascii: "c") {
            guard let tokens = reader.number(endedBy: UInt8(ascii: " ")) else { return nil }
            let text = String(decoding: reader.rest, as: UTF8.self)
            return TokenEntry(id: id, body: .chunk(text: text, tokens: Usage.bounded(Int(clamping: tokens))))
        }
        if kind == UInt8(ascii: "r") { return TokenEntry(id: id, body: .restarted) }
        guard let object = FlatJSONObject.decode(reader.rest) else { return nil }
        return body(kind: String(UnicodeScalar(kind)), object).map { TokenEntry(id: id, body: $0) }
    }

    private static func body(kind: String, _ fields: [String: String]) -> TokenEntry.Body? {
        guard let after = fields["p"].flatMap({ EntryID($0) }) else { return nil }
        switch kind {
        case "a": return .attempt(worker: fields["a"] ?? "", after: after)
        case "s": return stop(fields).map { .sealed($0, after: after) }
        case "e": return ending(fields).map { .ended($0, after: after) }
        default: return nil
        }
    }

    /// The ending in the fields of its entry.
    static func ending(_ fields: [String: String]) -> Ending? {
        guard let state = fields["e"].flatMap({ Ending.State(rawValue: $0) }) else { return nil }
        return Ending(
            state: state, finishReason: fields["finish_reason"] ?? state.rawValue, usage: usage(fields),
            stop: stop(fields), error: failure(fields), endedAt: timestamp(fields["ended_at"]))
    }

    static func failure(_ fields: [String: String]) -> Ending.Failure? {
        fields["error_code"].map {
            Ending.Failure(code: ErrorCode(rawValue: $0) ?? .internalError, message: fields["error_message"] ?? "")
        }
    }

    static func usage(_ fields: [String: String]) -> Usage {
        Usage(
            inputTokens: fields["input_tokens"].flatMap { Int($0) } ?? 0,
            outputTokens: fields["output_tokens"].flatMap { Int($0) } ?? 0)
    }

    static func stop(_ fields: [String: String]) -> StopIntent? {
        guard let mode = fields["mode"].flatMap({ StopIntent.Mode(rawValue: $0) }) else { return nil }
        return StopIntent(
            mode: mode, by: fields["by"].flatMap { StopIntent.Source(rawValue: $0) } ?? .operator,
            reason: fields["reason"].flatMap { $0.isEmpty ? nil : $0 },
            requestedAt: timestamp(fields["requested_at"]), observedAt: timestamp(fields["observed_at"]))
    }

    /// Nil for what no clock shows: a moment before 1970 or after 9999.
    static func timestamp(_ text: String?) -> Timestamp? {
        guard let microseconds = text.flatMap({ Int64($0) }), 0..<253_402_300_800_000_000 ~= microseconds else {
            return nil
        }
        return Timestamp(microseconds: microseconds)
    }
}

extension TokenEntryCoding {
    /// Chunks that were written together, known to be whole.
    private struct Batch {
        private let first: EntryID
        private let count: Int
        private let chunks: PayloadReader

        /// Nil for anything else.
        init?(_ payload: UnsafeRawBufferPointer) {
            var reader = PayloadReader(payload)
            guard let attempt = reader.number(endedBy: UInt8(ascii: "-")),
                let index = reader.number(endedBy: UInt8(ascii: " ")),
                reader.byte(followedBy: UInt8(ascii: " ")) == UInt8(ascii: "b"),
                let count = reader.number(endedBy: UInt8(ascii: " ")), count > 0, count <= UInt64(payload.count),
                index < EntryID.sealIndex - count
            else { return nil }
            first = EntryID(attempt: attempt, index: index)
            self.count = Int(count)
            chunks = reader
            for _ in 0..<count { guard reader.chunk() != nil else { return nil } }
            guard reader.rest.isEmpty else { return nil }
        }

        func forEach(_ body: (TokenEntry) -> Void) {
            var reader = chunks
            var id = first
            for _ in 0..<count {
                guard let (tokens, text) = reader.chunk() else { return }
                body(
                    TokenEntry(
                        id: id, body: .chunk(text: String(decoding: text, as: UTF8.self), tokens: Usage.bounded(tokens))
                    ))
                id.index += 1
            }
        }
    }
}

/// Walks over the head of a feed message.
private struct PayloadReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset...]) }

    mutating func number(endedBy end: UInt8) -> UInt64? {
        var value: UInt64 = 0
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == end { return offset - 1 > start ? value : nil }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), offset - start <= 18 else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return nil
    }

    /// A chunk of several: its tokens, the length of its text, its text.
    mutating func chunk() -> (tokens: Int, text: UnsafeRawBufferPointer)? {
        guard let tokens = number(endedBy: UInt8(ascii: " ")), let length = number(endedBy: UInt8(ascii: " ")),
            length <= UInt64(bytes.count - offset)
        else { return nil }
        let end = offset + Int(length)
        defer { offset = end }
        return (Int(clamping: tokens), UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
    }

    mutating func byte(followedBy next: UInt8) -> UInt8? {
        guard offset + 1 < bytes.count, bytes[offset + 1] == next else { return nil }
        defer { offset += 2 }
        return bytes[offset]
    }
}

import Foundation
import Shared

extension FuzzTarget {
    /// Cursors and ids in what clients say and what Redis holds.
    static let identifiers = FuzzTarget(
        name: "identifiers", maximumBytes: 200,
        words: ["-", "0", "18446744073709551615", "18446744073709551616", "281474976710656", "00000000000000000001"],
        sample: { draw in
            if draw.one(in: 3) { return Array(draw.uuid().utf8) }
            return Array("\(UInt64(bitPattern: draw.integer()))-\(UInt64(bitPattern: draw.integer()))".utf8)
        },
        read: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = (EntryID(text), RequestID(text))
        },
        check: { input in
            let text = String(decoding: input, as: UTF8.self)
            let cursor = EntryID(text)
            try demandEqual(cursor?.description, expectedCursor(text), "the cursor")
            if let cursor {
                try demandEqual(EntryID(cursor.description), cursor, "the cursor that was written")
                let next = EntryID(attempt: cursor.attempt, index: cursor.index &+ 1)
                for other in [.start, next, EntryID(attempt: cursor.index, index: cursor.attempt)] {
                    let entry = TokenEntry(id: other, body: .chunk(text: "", tokens: 1))
                    let isNext = other == next && other.index > 0
                    try demand(!entry.follows(cursor) || isNext, "\(other) follows \(cursor)")
                    try demand(isNext == entry.follows(cursor) || other != next, "\(next) does not follow \(cursor)")
                    try demand(
                        (cursor < other) == ((cursor.attempt, cursor.index) < (other.attempt, other.index)),
                        "the order of \(cursor) and \(other)")
                }
            }
            let isUUID =
                text.utf8.count == 36
                && text.wholeMatch(of: /([0-9a-fA-F]+)-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}/) != nil
            try demandEqual(RequestID(text)?.text, isUUID ? text : nil, "the id")
            try demandEqual(SessionID(text)?.text, isUUID ? text : nil, "the session")
            try demandEqual(MessageID(text)?.text, isUUID ? text : nil, "the message")
        })

    private static func expectedCursor(_ text: String) -> String? {
        let parts = text.components(separatedBy: "-")
        let numbers = parts.compactMap { part in
            part.utf8.count <= 20 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(part) : nil
        }
        return parts.count == 2 && numbers.count == 2 ? "\(numbers[0])-\(numbers[1])" : nil
    }

    /// Moments in what frontends say.
    static let timestamps = FuzzTarget(
        name: "timestamps", maximumBytes: 60,
        words: ["T", "Z", ".", "0000-01-01", "9999-12-31", "-02-29", "23:59:60", "-", ":", "+00:00"],
        sample: { draw in
            let moment = Timestamp(
                microseconds: draw.one(in: 2) ? draw.integer() : Int64(draw.below(253_402_300_800)) * 1_000_000)
            return draw.one(in: 2) ? Array(moment.iso8601.utf8) : Array("\(moment.iso8601.prefix(19))Z".utf8)
        },
        read: { bytes in _ = Timestamp(iso8601: String(decoding: bytes, as: UTF8.self)) },
        check: { input in
            let text = String(decoding: input, as: UTF8.self)
            let moment = Timestamp(iso8601: text)
            try demandEqual(moment?.microseconds, expectedMicroseconds(text), "the moment")
            if let moment {
                try demandEqual(Timestamp(iso8601: moment.iso8601), moment, "the moment that was written")
            }
            // Whatever number it is, it can be written.
            var draw = Draw(bytes: input)
            let any = Timestamp(microseconds: Int64(bitPattern: draw.word()))
            let written = any.iso8601
            try demand(written.utf8.count == Timestamp.textLength, "\(any.microseconds) is written as \(written)")
            let bounded = min(max(any.microseconds, -62_167_219_200_000_000), 253_402_300_799_999_999)
            try demandEqual(
                Timestamp(iso8601: written)?.microseconds, bounded, "what \(any.microseconds) is written as")
        })

    /// As Foundation's calendar has it.
    private static func expectedMicroseconds(_ text: String) -> Int64? {
        let form = /([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?Z/.asciiOnlyDigits()
        guard let match = text.wholeMatch(of: form), let year = Int(match.1), let month = Int(match.2),
            let day = Int(match.3), let hour = Int(match.4), let minute = Int(match.5), let second = Int(match.6),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var calendar = Calendar(identifier: .iso8601)
        guard let zone = TimeZone(identifier: "GMT") else { return nil }
        calendar.timeZone = zone
        // Cycles of 400 years, for calendars that are Julian before 1582.
        var components = DateComponents(year: year % 400 + 2000, month: month, day: day)
        components.timeZone = zone
        guard components.isValidDate(in: calendar), let date = calendar.date(from: components) else { return nil }
        let days = Int64(date.timeIntervalSince1970 / 86_400) + Int64(year / 400 - 5) * 146_097
        let fraction = String(match.7?.dropFirst() ?? "").padding(toLength: 6, withPad: "0", startingAt: 0)
        guard let part = Int64(fraction) else { return nil }
        let microseconds = (days * 86_400 + Int64(hour * 3600 + minute * 60 + second)) * 1_000_000 + part
        return Timestamp.range.contains(microseconds) ? microseconds : nil
    }

    /// What passes on stop channels, of which anybody may write any text.
    static let stopSignals = FuzzTarget(
        name: "stopSignals", maximumBytes: 3000,
        words: [
            "penstock:stop ", "penstock:kill ", "penstock:ended", "user ", "operator ", "disconnect ", "parent ",
            "stop", "kill",
        ],
        sample: { draw in
            let words = draw.pick(["penstock:stop ", "penstock:kill ", "penstock:ended", "stop", "kill", ""])
            return Array((words + draw.pick(["user ", "operator ", ""]) + draw.text(upTo: 200)).utf8)
        },
        read: { bytes in _ = StopSignal(payload: String(decoding: bytes, as: UTF8.self)) },
        check: { input in
            let payload = String(decoding: input, as: UTF8.self)
            let signal = StopSignal(payload: payload)
            try demandEqual(StopSignal(payload: signal.payload), signal, "the signal that was published again")
            var own = Draw(bytes: input)
            var intent = own.stop()
            (intent.requestedAt, intent.observedAt) = (nil, nil)
            intent.reason = intent.reason.map { String($0.dropFirst()) }.flatMap { $0.isEmpty ? nil : $0 }
            try demandEqual(
                StopSignal(payload: StopSignal.recorded(intent).payload), .recorded(intent), "our own signal")
            let reason: String?
            switch signal {
            case .ended:
                try demand(payload == "penstock:ended", "it is the ending")
                return
            case .recorded(let intent):
                let words = "penstock:\(intent.mode.rawValue) \(intent.by.rawValue) "
                try demand(payload.utf8.starts(with: words.utf8), "it is our own signal")
                try demand(
                    payload.utf8.dropFirst(words.utf8.count).starts(with: (intent.reason ?? "").utf8),
                    "the reason is what stands there")
                reason = intent.reason
            case .bare(let mode, let said):
                try demandEqual(mode == .kill, payload == "kill", "whether it is a kill")
                try demand(payload.utf8.starts(with: (said ?? "").utf8), "the reason is what stands there")
                reason = said
            }
            try demand(reason != "", "there is no empty reason")
            let bytes = reason?.utf8.count ?? 0
            try demand(bytes <= StopIntent.maximumReasonBytes, "the reason has \(bytes) bytes")
        })
}

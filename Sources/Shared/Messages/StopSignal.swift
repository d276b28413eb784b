/// What passes on a stop channel, `stop:<id>`.
package enum StopSignal: Hashable, Sendable {
    /// An intent is recorded: `penstock:stop <by> <reason>` or `penstock:kill <by> <reason>`, the reason possibly empty.
    case recorded(StopIntent)
    /// The ending is written: `penstock:ended`.
    case ended
    /// An operator's bare publish. It is obeyed by whoever hears it, and recorded, which publishes `recorded`.
    case bare(StopIntent.Mode, reason: String?)

    /// Reads a payload. `kill` means kill; anything else that is not one of Penstock's own words means stop, and is kept as
    /// the reason unless it is empty or just `stop`. A reason is cut at `StopIntent.maximumReasonBytes`.
    package init(payload: String) {
        if payload == "penstock:ended" {
            self = .ended
        } else if let intent = Self.recorded(payload) {
            self = .recorded(intent)
        } else if payload == "kill" {
            self = .bare(.kill, reason: nil)
        } else if payload.isEmpty || payload == "stop" {
            self = .bare(.stop, reason: nil)
        } else {
            self = .bare(.stop, reason: Self.reason(payload[...]))
        }
    }

    /// What is published on the channel.
    package var payload: String {
        switch self {
        case .recorded(let intent): "penstock:\(intent.mode.rawValue) \(intent.by.rawValue) \(intent.reason ?? "")"
        case .ended: "penstock:ended"
        case .bare(.kill, _): "kill"
        case .bare(.stop, let reason): reason ?? "stop"
        }
    }

    private static func recorded(_ payload: String) -> StopIntent? {
        // By bytes: a reason may begin with what belongs to the character before it.
        guard payload.utf8.starts(with: "penstock:".utf8) else { return nil }
        let words = payload.utf8.dropFirst("penstock:".utf8.count).split(
            separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false
        ).map { Substring($0) }
        guard words.count == 3, let mode = StopIntent.Mode(rawValue: String(words[0])),
            let source = StopIntent.Source(rawValue: String(words[1]))
        else { return nil }
        return StopIntent(mode: mode, by: source, reason: reason(words[2]))
    }

    /// Nil where nothing is left of it: nothing was said, or one character longer than a reason may be.
    private static func reason(_ text: Substring) -> String? {
        let reason = String(text).truncated(toBytes: StopIntent.maximumReasonBytes)
        return reason.isEmpty ? nil : reason
    }
}

extension String {
    /// The longest prefix of whole characters of at most `limit` bytes of UTF-8.
    package func truncated(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = startIndex
        var bytes = 0
        for index in indices {
            bytes += self[index].utf8.count
            guard bytes <= limit else { break }
            end = self.index(after: index)
        }
        return String(self[..<end])
    }
}

/// What passes on a stop channel, `stop:<id>`.
package enum StopSignal: Hashable, Sendable {
    /// An intent is recorded: `penstock:stop` or `penstock:kill`.
    case recorded(StopIntent.Mode)
    /// The ending is written: `penstock:ended`.
    case ended
    /// An operator's bare publish. It is obeyed by whoever hears it, and recorded, which publishes `recorded`.
    case bare(StopIntent.Mode, reason: String?)

    /// Reads a payload. `kill` means kill; anything else that is not one of Penstock's own words means stop, and is kept as
    /// the reason unless it is empty or just `stop`. A reason is cut at `StopIntent.maximumReasonBytes`.
    package init(payload: String) {
        switch payload {
        case "penstock:stop": self = .recorded(.stop)
        case "penstock:kill": self = .recorded(.kill)
        case "penstock:ended": self = .ended
        case "kill": self = .bare(.kill, reason: nil)
        case "", "stop": self = .bare(.stop, reason: nil)
        default: self = .bare(.stop, reason: payload.truncated(toBytes: StopIntent.maximumReasonBytes))
        }
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

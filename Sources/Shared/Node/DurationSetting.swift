import ArgumentParser

/// A length of time as people write it: `500ms`, `30s`, `5m`, `1h`, or a plain number of seconds; fractions are allowed
/// (`1.5s`), signs are not.
package struct DurationSetting: Hashable, Sendable {
    /// The length of time.
    package var duration: Duration

    /// Wraps a length of time.
    package init(_ duration: Duration) { self.duration = duration }

    /// Parses a length of time of at most 10,000 hours, or returns nil. What is finer than a nanosecond is cut off.
    package init?(_ text: String) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let nanosecondsPerUnit = Self.units[String(text.dropFirst(number.count))] else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.count <= 9 }),
            let whole = Int64(parts[0]), whole <= Self.maximumNanoseconds / nanosecondsPerUnit
        else { return nil }
        // The fraction is less than one unit: the sum is far from what an Int64 holds.
        var nanoseconds = whole * nanosecondsPerUnit
        var unit = nanosecondsPerUnit
        for digit in parts.count == 2 ? parts[1].utf8.map({ Int64($0) - 0x30 }) : [] {
            unit /= 10
            nanoseconds += digit * unit
        }
        guard nanoseconds <= Self.maximumNanoseconds else { return nil }
        duration = .nanoseconds(nanoseconds)
    }

    private static let maximumNanoseconds: Int64 = 10_000 * 3600 * 1_000_000_000

    /// Nanoseconds by unit.
    private static let units: [String: Int64] = [
        "ms": 1_000_000, "s": 1_000_000_000, "": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]
}

extension DurationSetting: CustomStringConvertible {
    /// The shortest form that parses to the same value, to the millisecond: `90s`, `5m`, `250ms`.
    package var description: String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds == 0 || seconds % 60 != 0 { return "\(seconds)s" }
        return seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds / 60)m"
    }
}

extension DurationSetting: ExpressibleByArgument {
    /// Nil where `init(_:)` is.
    package init?(argument: String) { self.init(argument) }
}

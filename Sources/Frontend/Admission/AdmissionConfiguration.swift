import Shared

/// How much is let in. Where a setting is 0 there is no bound.
struct AdmissionConfiguration: Sendable {
    /// `max-queue-length`: jobs that may wait in the queue, up to 10,000,000 (20,000).
    var maximumQueueLength: Int? = 20_000
    /// `max-queue-time`: how long a request may wait until a worker has it for the first time, up to 7 days (10m); and
    /// `max-duration`: how long it may take in all, from its acceptance to its ending, up to 7 days (24h).
    var timeLimits = TimeLimits(queue: 10 * 60_000, total: 24 * 3_600_000)

    init() {}

    /// Reads and checks the settings.
    init(reading reader: SettingsReader) throws(SettingsError) {
        maximumQueueLength = try Self.bound(reader, "max-queue-length", default: maximumQueueLength, upTo: 10_000_000)
        timeLimits.queue = try Self.time(reader, "max-queue-time", default: timeLimits.queue)
        timeLimits.total = try Self.time(reader, "max-duration", default: timeLimits.total)
    }

    /// A time in milliseconds, nil for 0.
    private static func time(
        _ reader: SettingsReader, _ key: String, default fallback: Int?
    ) throws(SettingsError) -> Int? {
        let time = try reader.duration(
            key, default: .milliseconds(fallback ?? 0), in: .zero ... .milliseconds(TimeLimits.range.upperBound))
        let (seconds, attoseconds) = time.components
        // What is shorter than a millisecond is none the less a bound.
        let milliseconds = Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        return milliseconds == 0 ? nil : milliseconds
    }

    private static func bound(
        _ reader: SettingsReader, _ key: String, default fallback: Int?, upTo most: Int
    ) throws(SettingsError) -> Int? {
        let value = try reader.int(key, default: fallback ?? 0, in: 0...most)
        return value == 0 ? nil : value
    }
}

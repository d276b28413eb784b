import Shared

/// How much is let in. Where a setting is 0 there is no bound.
struct AdmissionConfiguration: Sendable {
    /// `max-queue-length`: jobs that may wait in the queue, up to 10,000,000 (20,000).
    var maximumQueueLength: Int? = 20_000
    /// `max-queue-time`: how long a request may wait until a worker has it for the first time, up to 7 days (10m); and
    /// `max-duration`: how long it may take in all, from its acceptance to its ending, up to 7 days (24h).
    var timeLimits = TimeLimits(queue: 10 * 60_000, total: 24 * 3_600_000)
    /// `max-owner-requests`: requests of one owner that have not ended, at all frontends together, up to 1,000,000 (1,000; none where
    /// nobody is asked for a token, as everybody is one owner then).
    var maximumOwnerRequests: Int?
    /// `owner-rate`: how fast one owner may send at this frontend, as `5/s`, `100/m` or `1000/h` (100/s; none where nobody is asked for a
    /// token); `owner-burst`: how many at once, 1 to 1,000,000 (1,000; of a rate that is given, its number).
    var ownerRate: RateLimiter.Limit?
    /// `connection-rate`, `connection-burst`: the same for one connection (none).
    var connectionRate: RateLimiter.Limit?
    /// `event-rate`: how fast events of one connection are read, of whatever kind (5000/s); `event-burst`: how many at once (20,000).
    /// Beyond that the connection is read no faster; nothing is refused.
    var eventRate: RateLimiter.Limit? = .init(.init(perSecond: 5000), burst: 20_000)

    init() {}

    /// Reads and checks the settings. `asksForTokens`: whether clients are told apart.
    init(reading reader: SettingsReader, asksForTokens: Bool) throws(SettingsError) {
        if asksForTokens {
            maximumOwnerRequests = 1000
            ownerRate = .init(.init(perSecond: 100), burst: 1000)
        }
        maximumQueueLength = try Self.bound(reader, "max-queue-length", default: maximumQueueLength, upTo: 10_000_000)
        timeLimits.queue = try Self.time(reader, "max-queue-time", default: timeLimits.queue)
        timeLimits.total = try Self.time(reader, "max-duration", default: timeLimits.total)
        maximumOwnerRequests = try Self.bound(
            reader, "max-owner-requests", default: maximumOwnerRequests, upTo: 1_000_000)
        ownerRate = try Self.rate(reader, "owner", default: ownerRate)
        connectionRate = try Self.rate(reader, "connection", default: connectionRate)
        eventRate = try Self.rate(reader, "event", default: eventRate)
    }

    /// The settings `<name>-rate` and `<name>-burst`.
    private static func rate(
        _ reader: SettingsReader, _ name: String, default fallback: RateLimiter.Limit?
    ) throws(SettingsError) -> RateLimiter.Limit? {
        var rate = fallback?.rate
        var burst = fallback?.burst
        if let text = reader.string("\(name)-rate") {
            if text != "0", RateSetting(text) == nil {
                throw SettingsError(
                    key: "\(name)-rate",
                    message: "\"\(text)\" is not a rate between 1 and 1000000 such as 5, 5/s, 100/m or 1000/h, nor 0")
            }
            rate = RateSetting(text)
            if name != "event" { burst = rate?.count }
        }
        burst = try reader.int("\(name)-burst", default: burst ?? 1, in: 1...1_000_000)
        guard let rate, let burst else { return nil }
        return RateLimiter.Limit(rate, burst: burst)
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

/// A token bucket: so many in a time on average, and so many at once at most. Pure; times are nanoseconds of any steady clock.
///
/// It keeps one number, the moment at which the bucket is full again (the theoretical arrival time of the GCRA): no timer fills it, and one
/// that was not used for a while is as good as new.
struct RateLimiter: Hashable, Sendable {
    /// What is allowed.
    struct Limit: Hashable, Sendable {
        let rate: RateSetting
        /// At once. 1 to 1,000,000.
        let burst: Int

        init(_ rate: RateSetting, burst: Int) {
            precondition((1...1_000_000).contains(burst), "no such burst")
            self.rate = rate
            self.burst = burst
        }

        /// Nanoseconds for one, and for a burst.
        fileprivate var interval: Int64 { rate.period / Int64(rate.count) }
        fileprivate var capacity: Int64 { interval * Int64(burst) }
    }

    /// When the bucket is full again.
    private var fullAt = Int64.min

    init() {}

    /// Takes one, if there is one. Otherwise nothing is taken, and returns how long until there is.
    mutating func take(_ limit: Limit, now: Int64) -> Int64? {
        let next = max(fullAt, now) + limit.interval
        guard next - now <= limit.capacity else { return next - now - limit.capacity }
        fullAt = next
        return nil
    }

    /// Takes one, whether there is one or not.
    mutating func takeAnyway(_ limit: Limit, now: Int64) { fullAt = max(fullAt, now) + limit.interval }

    /// How long until what was taken beyond is made up for; 0 where nothing was.
    func debt(_ limit: Limit, now: Int64) -> Int64 {
        max(fullAt, now) - now > limit.capacity ? fullAt - now - limit.capacity : 0
    }

    /// Whether it is as good as new.
    func isFull(now: Int64) -> Bool { fullAt <= now }
}

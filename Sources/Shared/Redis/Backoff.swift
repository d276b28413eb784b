/// How long to wait before the next attempt: exponential, with full jitter.
///
/// The wait before attempt n is drawn evenly from `minimum ... min(maximum, minimum * 2^(n+1))`, n from 0, so that a thousand clients
/// that lost the same server do not come back in the same millisecond. Times are nanoseconds.
///
/// Pure: the caller brings the random number.
package struct Backoff: Sendable {
    /// The least wait. At least one nanosecond.
    package let minimum: Int64
    /// The most that is ever waited.
    package let maximum: Int64
    /// How many waits were handed out since the last reset.
    package private(set) var attempts = 0

    package init(minimum: Int64, maximum: Int64) {
        precondition(minimum > 0 && maximum >= minimum, "a back-off needs 0 < minimum <= maximum")
        self.minimum = minimum
        // Thirty years; keeps the arithmetic below far from the end of the integers.
        self.maximum = min(maximum, max(minimum, 1 << 60))
    }

    /// The next wait. `random` is a number in `0 ..< 1`.
    package mutating func next(random: Double) -> Int64 {
        let ceiling = self.ceiling
        attempts += 1
        let share = min(max(random, 0), 1)
        return min(maximum, minimum + Int64(Double(ceiling - minimum) * share))
    }

    /// To be called when an attempt has proved good.
    package mutating func reset() {
        attempts = 0
    }

    private var ceiling: Int64 {
        // Beyond 41 doublings of a nanosecond every sensible maximum is reached, and the shift cannot overflow.
        let (scaled, overflow) = minimum.multipliedReportingOverflow(by: 2 << Int64(min(attempts, 40)))
        return overflow ? maximum : min(scaled, maximum)
    }
}

/// What one event loop has measured since its measurements were last taken.
///
/// A sample counts if it began before the end of the load: what the end cuts off is waited for, so that a server does not look better
/// for being slow at the end.
struct Measurements: Sendable {
    var histograms = HistogramSet()
    var counters = Counters()
    var violations = ViolationLog()
    /// The end of the load on the monotonic clock.
    var end = UInt64.max

    /// What happened from `start` to `now`, in nanoseconds.
    mutating func record(_ metric: Metric, from start: UInt64, to now: UInt64) {
        guard start < end else { return }
        histograms.record(metric, now > start ? now - start : 0)
    }

    mutating func add(_ other: Measurements) {
        histograms.add(other.histograms)
        counters.add(other.counters)
        violations.add(other.violations)
    }

    /// Takes what was measured, and begins anew.
    mutating func take() -> Measurements {
        let taken = self
        self = Measurements()
        end = taken.end
        return taken
    }
}

private import Metrics
private import Synchronization

/// Counts values by size. Recording costs a search among the bounds and two atomic additions.
final class PrometheusHistogram: PrometheusSeries {
    /// Upper bounds for times in seconds, from 0.1 ms to five minutes.
    static let secondsBuckets: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    private let bounds: [Double]
    /// One number per bound and one for what lies above. Immutable as a pointer, freed with the histogram; the numbers are
    /// atomics.
    private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum = AtomicDouble()

    /// A histogram; `bounds` must not be empty and must grow.
    init(bounds: [Double]) {
        precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds must grow")
        self.bounds = bounds
        counts = .allocate(capacity: bounds.count + 1)
        for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: bounds.count + 1)
        counts.deallocate()
    }

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        let counts = (0...bounds.count).map { self.counts[$0].load(ordering: .relaxed) }
        page.histogram(name, labels, bounds: bounds, counts: counts, sum: sum.load())
    }
}

extension PrometheusHistogram: TimerHandler, RecorderHandler {
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        counts[low].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }
}

private import Synchronization

/// One series that is the sum of what the event loops of a node have counted.
final class PrometheusLoopCounter: PrometheusSeries {
    private let parts = Mutex<[LoopCounter]>([])

    func makePart() -> LoopCounter {
        let part = LoopCounter()
        parts.withLock { $0.append(part) }
        return part
    }

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        page.sample(name, labels, Double(parts.withLock { $0.reduce(0) { $0 &+ $1.current } }))
    }
}

/// One histogram that is the sum of those of the event loops of a node.
final class PrometheusLoopHistogram: PrometheusSeries {
    private let bounds: [Double]
    private let parts = Mutex<[LoopHistogram]>([])

    init(bounds: [Double]) { self.bounds = bounds }

    func makePart() -> LoopHistogram {
        let part = LoopHistogram(bounds: bounds)
        parts.withLock { $0.append(part) }
        return part
    }

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        var counts = [UInt64](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
        for part in parts.withLock({ $0 }) {
            let (partCounts, partSum) = part.snapshot()
            for (index, count) in partCounts.enumerated() { counts[index] &+= count }
            sum += partSum
        }
        page.histogram(name, labels, bounds: bounds, counts: counts, sum: sum)
    }
}

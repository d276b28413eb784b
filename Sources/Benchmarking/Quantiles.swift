/// Where a set of samples lies, and how wide: what a few samples that were disturbed hardly move.
package struct Quantiles: Hashable, Sendable {
    package let lower: Double
    package let median: Double
    package let upper: Double

    /// Of at least one sample. Between two samples it interpolates.
    package init(of samples: [Double]) {
        precondition(!samples.isEmpty, "no samples")
        let sorted = samples.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        }
        lower = quantile(0.25)
        median = quantile(0.5)
        upper = quantile(0.75)
    }

    /// Half of the distance between the quartiles, as a share of the median.
    package var spread: Double { median == 0 ? 0 : (upper - lower) / 2 / median }
}

import Histogram

/// A high dynamic range histogram of every metric: three significant digits, from a microsecond to an hour.
struct HistogramSet: Sendable {
    /// What is longer is recorded as this.
    static let maximumNanoseconds: UInt64 = 3_600_000_000_000

    private var histograms: [Histogram<UInt64>]

    init() {
        histograms = Metric.allCases.map { metric in
            // It grows with what it holds, so that a set without samples is small.
            var histogram = Histogram<UInt64>(
                lowestDiscernibleValue: metric.unit == .time ? 1000 : 1, highestTrackableValue: 1 << 21,
                numberOfSignificantValueDigits: .three)
            histogram.autoResize = true
            return histogram
        }
    }

    /// Nanoseconds, or tokens.
    mutating func record(_ metric: Metric, _ value: UInt64) {
        histograms[metric.index].record(min(value, Self.maximumNanoseconds))
    }

    mutating func add(_ other: HistogramSet) {
        for metric in Metric.allCases { add(other, metric) }
    }

    /// Adds one metric alone.
    mutating func add(_ other: HistogramSet, _ metric: Metric) {
        guard other[metric].totalCount > 0 else { return }
        histograms[metric.index].add(other.histograms[metric.index])
    }

    /// Adds all but one metric.
    mutating func add(_ other: HistogramSet, besides metric: Metric) {
        for each in Metric.allCases where each != metric { add(other, each) }
    }

    subscript(metric: Metric) -> Histogram<UInt64> { histograms[metric.index] }
}

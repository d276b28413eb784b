import Histogram

/// A histogram in a few numbers: milliseconds, or tokens.
struct Percentiles: Hashable, Sendable, Encodable {
    var count: UInt64
    var min: Double
    var mean: Double
    var p50: Double
    var p90: Double
    var p95: Double
    var p99: Double
    var p999: Double
    var p9999: Double
    var max: Double
    var deviation: Double

    init(_ histogram: Histogram<UInt64>, _ unit: Metric.Unit) {
        func value(_ raw: Double) -> Double { unit.shown(raw) }
        func percentile(_ percent: Double) -> Double { value(Double(histogram.valueAtPercentile(percent))) }
        count = histogram.totalCount
        guard count > 0 else {
            (min, mean, p50, p90, p95, p99, p999, p9999, max, deviation) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
            return
        }
        min = value(Double(histogram.min))
        mean = value(histogram.mean)
        p50 = percentile(50)
        p90 = percentile(90)
        p95 = percentile(95)
        p99 = percentile(99)
        p999 = percentile(99.9)
        p9999 = percentile(99.99)
        max = value(Double(histogram.maxRecorded))
        deviation = value(histogram.stdDeviation)
    }

    enum CodingKeys: String, CodingKey {
        case count, min, mean, p50, p90, p95, p99, max
        case p999 = "p99.9"
        case p9999 = "p99.99"
        case deviation = "stddev"
    }
}

extension Metric.Unit {
    /// What is shown of a recorded value: milliseconds, or tokens.
    func shown(_ raw: Double) -> Double {
        switch self {
        case .time: raw.rounded() / 1e6
        case .tokens: raw
        }
    }
}

import Histogram

/// What happened in one second of a run, or in what was left of it.
struct Second: Sendable, Encodable {
    /// A distribution of a second; milliseconds.
    struct Times: Sendable, Encodable {
        var count: UInt64
        var p50: Double
        var p90: Double
        var p99: Double
        var max: Double

        init(_ measured: Measurements, _ metric: Metric) {
            let histogram = measured.histograms[metric]
            count = histogram.totalCount
            guard count > 0 else {
                (p50, p90, p99, max) = (0, 0, 0, 0)
                return
            }
            p50 = metric.unit.shown(Double(histogram.valueAtPercentile(50)))
            p90 = metric.unit.shown(Double(histogram.valueAtPercentile(90)))
            p99 = metric.unit.shown(Double(histogram.valueAtPercentile(99)))
            max = metric.unit.shown(Double(histogram.maxRecorded))
        }
    }

    enum Phase: String, Sendable, Encodable {
        case ramp
        case warmUp = "warm-up"
        case load
        case drain
    }

    /// Seconds since the beginning of the load, at the end of this second.
    var at: Double
    /// How long it was.
    var length: Double
    var phase: Phase
    /// Answers under way at its end.
    var open: Int
    var connections: Int
    /// How late the next request is at its end, in milliseconds.
    var behind: Double
    var requests: UInt64
    var endings: UInt64
    var chunks: UInt64
    var tokens: UInt64
    var bytes: UInt64
    var stops: UInt64
    var errors: UInt64
    var violations: UInt64
    var times: [String: Times]

    init(at: Double, length: Double, phase: Phase, measured: Measurements, reports: [ShardReport]) {
        self.at = at
        self.length = length
        self.phase = phase
        open = reports.reduce(0) { $0 + $1.openStreams }
        connections = reports.reduce(0) { $0 + $1.connections }
        behind = Double(reports.map(\.behind).max() ?? 0) / 1e6
        let counters = measured.counters
        requests = counters[.requests]
        endings = counters[.completed] + counters[.cancelled] + counters[.failed]
        chunks = counters[.chunks]
        tokens = counters[.tokens]
        bytes = counters[.bytes]
        stops = counters[.stops]
        errors = counters.errors
        violations = measured.violations.total
        times = [:]
        for metric in Metric.allCases where measured.histograms[metric].totalCount > 0 && metric.unit == .time {
            times[metric.rawValue] = Times(measured, metric)
        }
    }

    /// Of a whole second.
    func rate(_ count: UInt64) -> Double { length > 0 ? Double(count) / length : 0 }
}

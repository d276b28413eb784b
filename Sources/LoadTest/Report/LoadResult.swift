import Histogram
import Shared

/// All that is known of a run when it is over.
struct LoadResult: Sendable {
    /// What the run took of the machine it ran on.
    struct Client: Sendable, Encodable {
        var cpuSeconds: Double
        var cpuPerChunk: Double?
        var peakMemoryBytes: Int

        init(before: ProcessUsage, after: ProcessUsage, chunks: UInt64) {
            cpuSeconds = after.cpuSeconds - before.cpuSeconds
            cpuPerChunk = chunks > 0 ? cpuSeconds / Double(chunks) * 1000 : nil
            peakMemoryBytes = after.peakMemoryBytes
        }

        enum CodingKeys: String, CodingKey {
            case cpuSeconds = "cpu_seconds"
            case cpuPerChunk = "cpu_ms_per_chunk"
            case peakMemoryBytes = "peak_memory_bytes"
        }
    }

    let plan: LoadPlan
    let startedAt: Timestamp
    let record: Record
    let wasInterrupted: Bool
    /// The last thing that a frontend or the system said of a failure.
    let lastFailure: String?
    /// Saved messages that were compared.
    let saved: Int
    let client: Client
    let verdict: Verdict

    init(
        plan: LoadPlan, startedAt: Timestamp, record: Record, wasInterrupted: Bool, lastFailure: String?, saved: Int,
        client: Client
    ) {
        self.plan = plan
        self.startedAt = startedAt
        self.record = record
        self.wasInterrupted = wasInterrupted
        self.lastFailure = lastFailure
        self.saved = saved
        self.client = client
        verdict = Verdict(limits: plan.limits, violations: record.violations, errors: record.whole.errors) {
            Self.value(of: $0, record, client)
        }
    }

    func rate(_ count: Count) -> Double { Self.rate(count, record) }

    private static func rate(_ count: Count, _ record: Record) -> Double {
        record.measuredTime > 0 ? Double(record.measured.counters[count]) / record.measuredTime : 0
    }

    private static func value(of figure: Figure, _ record: Record, _ client: Client) -> Double? {
        switch figure {
        case .metric(let metric, let statistic):
            let histogram = record.measured.histograms[metric]
            if statistic == .count { return Double(histogram.totalCount) }
            guard histogram.totalCount > 0 else { return nil }
            let raw: Double =
                switch statistic {
                case .minimum: Double(histogram.min)
                case .mean: histogram.mean
                case .maximum: Double(histogram.maxRecorded)
                case .percentile(let percentile): Double(histogram.valueAtPercentile(percentile))
                case .count: 0
                }
            return metric.unit.shown(raw)
        case .count(let count):
            switch count {
            case .lost, .failed, .refused, .unconnected, .unsent, .chunksAfterStop: return Double(record.whole[count])
            default: return Double(record.measured.counters[count])
            }
        case .rate(let count): return rate(count, record)
        case .errors: return Double(record.whole.errors)
        case .cpuPerChunk: return client.cpuPerChunk
        case .memory: return Double(client.peakMemoryBytes)
        }
    }
}

/// What all shards have measured, put together second by second.
///
/// Times are of the measured part of the load and of what began in it; counts in `measured` are of that part alone; `whole` and
/// `violations` are of everything, for what goes wrong counts whenever it does.
struct Record: Sendable {
    private(set) var measured = (histograms: HistogramSet(), counters: Counters())
    private(set) var whole = Counters()
    private(set) var violations = ViolationLog()
    private(set) var seconds: [Second] = []
    /// How long the measured part was, in seconds.
    private(set) var measuredTime = 0.0

    /// Before the load: the connections.
    mutating func addConnecting(_ reports: [ShardReport]) { _ = addAlways(reports) }

    /// `at` is the time since the beginning of the load, `length` that since the last.
    mutating func add(_ reports: [ShardReport], at: Double, length: Double, phase: Second.Phase) -> Second {
        let sum = addAlways(reports)
        switch phase {
        case .ramp, .warmUp: break
        case .load:
            measured.histograms.add(sum.histograms, besides: .connect)
            measured.counters.add(sum.counters)
            measuredTime += length
        case .drain:
            measured.histograms.add(sum.histograms, besides: .connect)
        }
        let second = Second(at: at, length: length, phase: phase, measured: sum, reports: reports)
        seconds.append(second)
        return second
    }

    /// What the checks after the load found.
    mutating func add(_ found: ViolationLog) { violations.add(found) }

    private mutating func addAlways(_ reports: [ShardReport]) -> Measurements {
        var sum = Measurements()
        for report in reports { sum.add(report.measured) }
        whole.add(sum.counters)
        violations.add(sum.violations)
        // Connections are made before the load, and anew whenever one was lost: all of them count.
        measured.histograms.add(sum.histograms, .connect)
        return sum
    }
}

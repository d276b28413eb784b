/// Measures stages on the calling thread.
package struct StageRunner {
    /// How often each stage and its reference are measured, in turns. At least 1.
    package let samples: Int
    /// Nanoseconds that one sample of either is to take.
    package let sampleTime: Int64
    /// The allocations of the calling thread so far.
    private let allocations: () -> UInt64

    package init(samples: Int, sampleTime: Int64, allocations: @escaping () -> UInt64) {
        precondition(samples > 0 && sampleTime > 0, "nothing to measure")
        self.samples = samples
        self.sampleTime = sampleTime
        self.allocations = allocations
    }

    /// Operations whose allocations are counted, at least.
    private static let countedOperations = 1024
    /// Samples of one stage that follow one another. What disturbs the machine for a moment then spoils a few samples of several stages
    /// instead of all of one.
    private static let samplesInARow = 10

    /// Measures the stages beside one another.
    package func measure(_ stages: [Stage]) throws -> [StageMeasurement] {
        let series = try stages.map { stage in
            let series = try StageSeries(stage)
            try series.calibrate(sampleTime)
            return series
        }
        var left = samples
        while left > 0 {
            let count = min(left, Self.samplesInARow)
            for series in series { try series.sample(count) }
            left -= count
        }
        return try series.map { $0.measurement(allocations: try count($0.work)) }
    }

    /// Measures the stages three times, and keeps of each what took neither the most nor the least.
    package func measureThrice(_ stages: [Stage]) throws -> [StageMeasurement] {
        let runs = try (0..<3).map { _ in try measure(stages) }
        return stages.indices.map { stage in runs.map { $0[stage] }.sorted { $0.ratio < $1.ratio }[1] }
    }

    /// Measures these again, twice, and keeps of each stage what took the least: what is slow every time is slow.
    package func confirm(_ measurements: [StageMeasurement], _ stages: [Stage]) throws -> [StageMeasurement] {
        var best = Dictionary(uniqueKeysWithValues: measurements.map { ($0.name, $0) })
        for _ in 0..<2 {
            for again in try measure(stages) where again.ratio < best[again.name]?.ratio ?? .infinity {
                best[again.name] = again
            }
        }
        return measurements.map { best[$0.name] ?? $0 }
    }

    /// The least of a few counts: what something else does once, the first time, is not the stage's.
    private func count(_ work: Stage.Work) throws -> Double {
        let rounds = max(Self.countedOperations / work.operations, 1)
        var least = UInt64.max
        for _ in 0..<3 {
            let before = allocations()
            try work.run(rounds)
            least = min(least, allocations() - before)
        }
        return Double(least) / Double(rounds * work.operations)
    }
}

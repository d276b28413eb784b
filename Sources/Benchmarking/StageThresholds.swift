/// What stages may take at most, as it is committed.
package struct StageThresholds: Hashable, Sendable, Codable {
    package struct Limit: Hashable, Sendable, Codable {
        /// Blocks of memory asked for by one operation: exact, so without head-room.
        package var allocations: Double
        /// Of the time of the reference; has the head-room.
        package var ratio: Double

        package init(allocations: Double, ratio: Double) {
            self.allocations = allocations
            self.ratio = ratio
        }
    }

    /// By how much the limits of the ratios are above what was measured when they were written.
    package var headroom: Double
    package var stages: [String: Limit]

    package init(headroom: Double, stages: [String: Limit]) {
        self.headroom = headroom
        self.stages = stages
    }

    /// What a count may be off by: rounding, and what grows once in thousands of operations.
    package static let allocationTolerance = 0.005

    /// Takes what was measured for the limit of each stage that was, and leaves the others.
    package mutating func update(_ measurements: [StageMeasurement]) {
        for measurement in measurements {
            stages[measurement.name] = Limit(
                allocations: Self.rounded(measurement.allocations, 1000),
                ratio: Self.rounded(measurement.ratio * headroom, 1000))
        }
    }

    private static func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }

    /// Whether this stage takes longer than it may.
    package func isSlow(_ measurement: StageMeasurement) -> Bool {
        guard let limit = stages[measurement.name] else { return false }
        // Not a number is slow, too.
        return !(measurement.ratio <= limit.ratio)
    }

    /// What is wrong with the measurements, a line each; none where all is well. Where they are of all stages there are (`isComplete`), a limit of
    /// a stage that was not measured is wrong, too.
    package func excesses(_ measurements: [StageMeasurement], isComplete: Bool) -> [String] {
        var excesses: [String] = []
        for measurement in measurements {
            guard let limit = stages[measurement.name] else {
                excesses.append("\(measurement.name) has no thresholds: --update writes them")
                continue
            }
            if !(measurement.allocations <= limit.allocations + Self.allocationTolerance) {
                excesses.append(
                    "\(measurement.name) allocates \(measurement.allocations.decimal(3)) times for an operation; the threshold is \(limit.allocations.decimal(3))"
                )
            }
            if isSlow(measurement) {
                excesses.append(
                    "\(measurement.name) takes \(measurement.ratio.decimal(3)) of its reference; the threshold is \(limit.ratio.decimal(3))"
                )
            }
        }
        if isComplete {
            let unknown = Set(stages.keys).subtracting(measurements.map(\.name))
            excesses += unknown.sorted().map { "\($0) has thresholds, and is no stage" }
        }
        return excesses
    }
}

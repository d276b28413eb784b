/// The samples of one stage.
final class StageSeries {
    private let stage: Stage
    let work: Stage.Work
    /// Rounds of the stage, and runs of its reference, that make a sample.
    private var rounds = 1
    private var times = 1
    private var own: [Double] = []
    private var reference: [Double] = []
    private var ratios: [Double] = []
    private var digest: UInt64 = 0

    init(_ stage: Stage) throws {
        self.stage = stage
        work = try stage.prepare()
    }

    /// Finds how much makes a sample of so many nanoseconds.
    func calibrate(_ sampleTime: Int64) throws {
        rounds = try Self.calibrate(sampleTime, work.run)
        times = Self.calibrate(sampleTime, runReference)
    }

    private static func calibrate(_ sampleTime: Int64, _ body: (Int) throws -> Void) rethrows -> Int {
        var count = 1
        // What the first times find and make for good, such as the conformances of types, takes longer than all that is to be measured: more is
        // tried until that much takes long enough.
        while true {
            let time = try ProcessorClock.measure { try body(count) }
            let enough = Double(count) * Double(sampleTime) / Double(max(time, 1))
            if enough < Double(count) * 2 || count >= 1 << 40 {
                let again = try ProcessorClock.measure { try body(count) }
                if again >= sampleTime / 4 || count >= 1 << 40 {
                    return max(1, Int(Double(count) * Double(sampleTime) / Double(max(again, 1))))
                }
            }
            count *= 2
        }
    }

    /// Takes `count` samples, the reference before each.
    func sample(_ count: Int) throws {
        for _ in 0..<count {
            let plain = ProcessorClock.measure { runReference(times) }
            let time = try ProcessorClock.measure { try work.run(rounds) }
            let operation = Double(time) / Double(rounds * work.operations)
            let unit = Double(plain) / Double(times)
            own.append(operation)
            reference.append(unit)
            ratios.append(operation / max(unit, .leastNonzeroMagnitude))
        }
    }

    /// What the samples say.
    func measurement(allocations: Double) -> StageMeasurement {
        keep(digest)
        let ratio = Quantiles(of: ratios)
        return StageMeasurement(
            name: stage.name, operation: stage.operation, nanoseconds: Quantiles(of: own).median,
            referenceNanoseconds: Quantiles(of: reference).median, ratio: ratio.median, spread: ratio.spread,
            allocations: allocations)
    }

    private func runReference(_ times: Int) { digest ^= Reference.run(work.bytes, times: times) }
}

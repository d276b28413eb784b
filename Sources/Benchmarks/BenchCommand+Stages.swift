import ArgumentParser
import Benchmarking
import Shared

extension BenchCommand {
    /// `penstock-bench stages`: time and allocations of each stage of the hot path.
    struct Stages: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure the stages of the hot path: time against a reference in the same run, and allocations.")

        @Option(help: "Only stages whose name contains this; may be repeated.")
        var filter: [String] = []

        @Option(help: "The file of the thresholds.")
        var thresholds = "Benchmarks/thresholds.json"

        @Flag(help: "Write what is measured as thresholds, with head-room for the ratios.")
        var update = false

        @Option(help: "With --update: the head-room of the ratios, instead of that in the file.")
        var headroom: Double?

        @Flag(help: "Compare with no thresholds.")
        var noThresholds = false

        @Flag(help: "Print JSON.")
        var json = false

        @Option(help: "How often each stage is measured.")
        var samples = 101

        @Option(help: "Microseconds that one sample takes.")
        var sampleTime = 1000

        func validate() throws {
            guard (1...100_000).contains(samples) else { throw ValidationError("--samples must be 1 to 100000") }
            guard (1...1_000_000).contains(sampleTime) else {
                throw ValidationError("--sample-time must be 1 to 1000000")
            }
            if let headroom, !(1...100).contains(headroom) { throw ValidationError("--headroom must be 1 to 100") }
            guard !update || !noThresholds else {
                throw ValidationError("--update and --no-thresholds exclude each other")
            }
            guard noThresholds || !BuildKind.isDebug else {
                throw ValidationError(
                    "the thresholds are those of a release build, and this is none: swift run -c release penstock-bench"
                )
            }
        }

        func run() throws {
            let report: StageReport
            do {
                try AllocationCounter.check()
                report = try measure()
                print(json ? try report.json : report.text, terminator: "")
            } catch let error as ValidationError {
                throw error
            } catch {
                StandardError.write("penstock-bench: \(error)\n")
                throw ExitCode(2)
            }
            guard report.excesses.isEmpty else { throw ExitCode(1) }
        }

        private func measure() throws -> StageReport {
            let stages = Stage.all.filter { stage in filter.isEmpty || filter.contains { stage.name.contains($0) } }
            guard !stages.isEmpty else {
                throw ValidationError(
                    "--filter names no stage; there are: \(Stage.all.map(\.name).joined(separator: ", "))")
            }
            let isComplete = stages.count == Stage.all.count
            let limits = try committed(isComplete: isComplete)
            let runner = StageRunner(
                samples: samples, sampleTime: Int64(sampleTime) * 1000, allocations: AllocationCounter.count)
            guard var limits else {
                return StageReport(
                    measurements: try runner.measure(stages), thresholds: nil, isComplete: isComplete)
            }
            var measurements: [StageMeasurement]
            if update {
                measurements = try runner.measureThrice(stages)
                if let headroom { limits.headroom = headroom }
                limits.update(measurements)
                try limits.write(path: thresholds)
            } else {
                measurements = try runner.measure(stages)
                // A machine that others use is slow now and then. What misses its threshold is slow every time.
                let slow = Set(measurements.filter(limits.isSlow).map(\.name))
                measurements = try runner.confirm(measurements, stages.filter { slow.contains($0.name) })
            }
            return StageReport(measurements: measurements, thresholds: limits, isComplete: isComplete)
        }

        /// The thresholds to compare with, or to change. Those of all stages are written anew.
        private func committed(isComplete: Bool) throws -> StageThresholds? {
            guard !noThresholds else { return nil }
            guard update, isComplete else { return try StageThresholds(path: thresholds) }
            let before = try? StageThresholds(path: thresholds)
            return StageThresholds(headroom: before?.headroom ?? 1.5, stages: [:])
        }
    }
}

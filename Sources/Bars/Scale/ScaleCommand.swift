package import ArgumentParser
import Foundation
import Shared

/// `penstock-bench scale`: how what Penstock costs grows.
package struct ScaleCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Measure how cost grows with streams, viewers, nodes, token rate and length of answers.",
        discussion: """
            Starts a Redis, frontends and workers of its own for each point, from the directory of this program. What each sweep means: \
            docs/performance.md.

            Sweeps: \(sweeps.map { $0.name }.joined(separator: ", ")).

            Exit status: 0 nothing grows faster than linearly, 1 something does, 2 something could not be measured or was wrong, 64 wrong \
            usage.
            """)

    static let sweeps: [any ScaleSweep.Type] = [
        StreamsSweep.self, ViewersSweep.self, FrontendsSweep.self, WorkersSweep.self, RateSweep.self, LengthSweep.self,
        StopsSweep.self, RedisSweep.self,
    ]

    @Option(parsing: .upToNextOption, help: "Only these sweeps.")
    var only: [String] = []

    @Option(help: "Seconds measured at each point (4; quick: 2).")
    var seconds: Double?

    @Option(help: "How often each point is measured; the medians count.")
    var rounds = 1

    @Flag(help: "Take less time: fewer points, and the largest not.")
    var quick = false

    @Option(
        help: "Write the report to this file as JSON; - is standard output, and the tables then go to standard error.")
    var json: String?

    @Option(help: "Write a plot of each sweep into this directory, <sweep>.svg.")
    var plots: String?

    @Option(help: "What to call this run, such as the commit.")
    var label: String?

    package init() {}

    package func validate() throws {
        for name in only where !Self.sweeps.contains(where: { $0.name == name }) {
            throw ValidationError("--only: \(name) is none of \(Self.sweeps.map { $0.name }.joined(separator: ", "))")
        }
        guard seconds ?? 1 >= 1, seconds ?? 1 <= 600 else { throw ValidationError("--seconds: 1 to 600") }
        guard 1...100 ~= rounds else { throw ValidationError("--rounds: 1 to 100") }
    }

    package func run() async throws {
        let report: ScaleReport
        do {
            report = try await Interruptible.run { try await measure() }
            try ReportFile.write(table: report.table, json: report.json, to: json)
            if let plots { try Self.write(report, into: URL(filePath: plots)) }
        } catch {
            StandardError.write("penstock-bench: \(error is CancellationError ? "interrupted" : "\(error)")\n")
            throw ExitCode(error is CancellationError ? 130 : 2)
        }
        guard report.failures.isEmpty, report.problems.isEmpty else { throw ExitCode(2) }
        guard report.holds else { throw ExitCode(1) }
    }

    private func measure() async throws -> ScaleReport {
        let began = Date()
        let load = MachineFigures.loadAverage()
        var results: [ScaleResult] = []
        var failures: [String] = []
        try await ScratchDirectory.with { directory in
            let run = ScaleRun(seconds: seconds ?? (quick ? 2 : 4), directory: directory)
            for sweep in Self.sweeps where only.isEmpty || only.contains(sweep.name) {
                try Task.checkCancellation()
                StandardError.write("\(sweep.name) (load average \(MachineFigures.loadAverage().decimal(2)))\n")
                results.append(try await measure(sweep.init(), run, &failures))
            }
        }
        return ScaleReport(
            environment: try await .init(label: label, began: began, loadBefore: load, isQuick: quick),
            results: results, failures: failures)
    }

    /// Rounds go over all places in turn, so that what disturbs the machine for a while does not fall on one place alone.
    private func measure(
        _ sweep: any ScaleSweep, _ run: ScaleRun, _ failures: inout [String]
    ) async throws -> ScaleResult {
        let places = sweep.places.filter { !quick || !$0.isLong }
        var taken = [[ScaleFigures]](repeating: [], count: places.count)
        for _ in 1...rounds {
            for (index, place) in places.enumerated() {
                do {
                    let figures = try await sweep.measure(place, run)
                    taken[index].append(figures)
                    run.say(ScaleResult(sweep, points: [.init(sweep, place, [figures])]).line)
                } catch {
                    try Task.checkCancellation()
                    failures.append("\(type(of: sweep).name) at \(place.label): \(error)")
                    run.say("\(place.label): not measured: \(error)")
                }
            }
        }
        return ScaleResult(
            sweep,
            points: zip(places, taken).filter { !$1.isEmpty }.map { ScaleResult.Point(sweep, $0, $1) })
    }

    private static func write(_ report: ScaleReport, into directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for result in report.results {
            guard let plot = Plot(result) else { continue }
            try Data(plot.svg.utf8).write(to: directory.appending(path: "\(result.name).svg"))
        }
    }
}

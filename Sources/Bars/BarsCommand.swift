package import ArgumentParser
import Foundation
import Shared

/// `penstock-bench bars`: every number to reach, beside the part it is compared with.
package struct BarsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bars",
        abstract: "Measure the numbers to reach, each beside the raw part it is compared with.",
        discussion: """
            Starts a Redis, a frontend and a worker of its own for each row, from the directory of this program, and takes some minutes on \
            a machine that should have nothing else to do. What each row means: docs/performance.md.

            Rows: \(rows.map { $0.name }.joined(separator: ", ")).

            Exit status: 0 every bar is met, 1 one is missed, 2 something could not be measured, 64 wrong usage.
            """)

    static let rows: [any BarRow.Type] = [
        UnmergedRow.self, NaturalRow.self, LatencyRow.self, StopRow.self, FirstChunkRow.self, AfterStopRow.self,
        IdleRow.self, ProcessorRow.self, MemoryRow.self,
    ]

    @Option(parsing: .upToNextOption, help: "Only these rows.")
    var only: [String] = []

    @Flag(help: "Take less time: one short round of each. The figures mean less.")
    var quick = false

    @Option(
        help: "Write the report to this file as JSON; - is standard output, and the table then goes to standard error.")
    var json: String?

    @Option(help: "What to call this run, such as the commit.")
    var label: String?

    package init() {}

    package func validate() throws {
        for name in only where !Self.rows.contains(where: { $0.name == name }) {
            throw ValidationError("--only: \(name) is none of \(Self.rows.map { $0.name }.joined(separator: ", "))")
        }
    }

    package func run() async throws {
        let report: BarsReport
        do {
            report = try await Interruptible.run { try await measure() }
            try ReportFile.write(table: report.table, json: report.json, to: json)
        } catch {
            StandardError.write("penstock-bench: \(error is CancellationError ? "interrupted" : "\(error)")\n")
            throw ExitCode(error is CancellationError ? 130 : 2)
        }
        guard report.failures.isEmpty else { throw ExitCode(2) }
        guard report.isMet else { throw ExitCode(1) }
    }

    private func measure() async throws -> BarsReport {
        let began = Date()
        let load = MachineFigures.loadAverage()
        var bars: [Bar] = []
        var failures: [String] = []
        try await ScratchDirectory.with { directory in
            let run = BarsRun(isQuick: quick, directory: directory)
            for row in Self.rows where only.isEmpty || only.contains(row.name) {
                try Task.checkCancellation()
                StandardError.write("\(row.name) (load average \(MachineFigures.loadAverage().decimal(2)))\n")
                do {
                    bars += try await row.init().measure(run)
                } catch {
                    try Task.checkCancellation()
                    failures.append("\(row.name): \(error)")
                    StandardError.write("  not measured: \(error)\n")
                }
            }
        }
        return BarsReport(
            environment: try await .init(label: label, began: began, loadBefore: load, isQuick: quick),
            bars: bars, failures: failures)
    }
}

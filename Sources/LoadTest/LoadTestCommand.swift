import ArgumentParser
import Foundation
import NIOCore
import Shared
import UnixSignals

/// `penstock-loadtest`: puts load on frontends, measures, checks, and judges.
@main struct LoadTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-loadtest",
        abstract: "Put load on Penstock's frontends over WebSockets; measure it, check it, judge it.",
        discussion: """
            For example: penstock-loadtest --rate 50 --tokens lognormal:200,0.5 --stop-rate 0.3 --limit 'ttfc.p99<50ms' --report \
            load.html

            Every flag has an environment twin: --rate is PENSTOCK_RATE. What each number means: docs/loadtest.md. Ctrl-C ends the load \
            early and reckons up what there is.

            Exit status: 0 all limits hold and nothing is wrong, 1 a limit is missed or something is wrong, 2 it could not run, \
            64 wrong usage.
            """)

    @OptionGroup var options: LoadTestOptions

    func run() async throws {
        let plan = try LoadPlan(options)
        let display: any LoadDisplay = isatty(STDERR_FILENO) == 1 ? BlockDisplay(plan) : LineDisplay()
        let result: LoadResult
        do {
            result = try await Self.run(plan, display)
            try Self.write(result)
        } catch {
            StandardError.write("penstock-loadtest: \(error)\n")
            throw ExitCode(2)
        }
        throw ExitCode(result.verdict.isGood ? 0 : 1)
    }

    /// Ctrl-C and SIGTERM end the load; a second one ends everything.
    private static func run(_ plan: LoadPlan, _ display: any LoadDisplay) async throws -> LoadResult {
        let run = LoadRun(plan, display: display)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: LoadResult?.self) { group in
            group.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    if count > 1 { Foundation.exit(130) }
                    run.interrupt()
                }
                return nil
            }
            group.addTask { try await run.run() }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private static func write(_ result: LoadResult) throws {
        let summary = Summary(result: result).text
        if let path = result.plan.json {
            let json = try result.json(pretty: true) + "\n"
            if path == "-" {
                FileHandle.standardOutput.write(Data(json.utf8))
                StandardError.write(summary)
            } else {
                try Data(json.utf8).write(to: URL(filePath: path))
            }
        }
        if let path = result.plan.report { try Data(HTMLReport.text(result).utf8).write(to: URL(filePath: path)) }
        if result.plan.json != "-" { FileHandle.standardOutput.write(Data(summary.utf8)) }
    }
}

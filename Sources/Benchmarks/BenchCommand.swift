import ArgumentParser
import Bars

/// `penstock-bench`: measures Penstock, and compares with what was committed.
@main struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-bench",
        abstract: "Measure Penstock, and compare it with its parts and with what was committed.",
        discussion: """
            Of a release build, from the root of the repository: swift run -c release penstock-bench stages, and
            scripts/bars.sh and scripts/scale.sh. The method: docs/performance.md.

            Exit status: 0 nothing is over its threshold and no bar is missed, 1 something is, 2 it could not be measured, 64 wrong usage.
            """,
        subcommands: [Stages.self, PartsCommand.self, BarsCommand.self, ScaleCommand.self])
}

import ArgumentParser

/// `penstock-bench`: measures Penstock, and compares with what was committed.
@main struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-bench",
        abstract: "Measure the parts of Penstock, and compare with what was committed.",
        discussion: """
            Of a release build, from the root of the repository: swift run -c release penstock-bench. The method: docs/performance.md.

            Exit status: 0 nothing is over its threshold, 1 something is, 2 it could not be measured, 64 wrong usage.
            """,
        subcommands: [Stages.self], defaultSubcommand: Stages.self)
}

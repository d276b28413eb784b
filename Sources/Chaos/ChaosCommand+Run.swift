import ArgumentParser
import Foundation
import Shared

extension ChaosCommand {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Play rounds, and judge each (the default).")

        @Option(
            help: "The seed of the first round; that of the next is one more (default: a random one, which is printed)."
        )
        var seed: UInt64?

        @Option(help: "How long to go on, such as 30s, 5m or 2h (default 1m, or as long as --rounds take).")
        var duration: String?

        @Option(help: "How many rounds to play (default: as many as fit).")
        var rounds: Int?

        @Option(help: "How long things are done and broken in a round (default 20s).")
        var round = "20s"

        @Option(help: "How many clients there are (default 6).")
        var clients = 6

        @Option(help: "How many frontends there are (default 2).")
        var frontends = 2

        @Option(help: "How many workers there are (default 2).")
        var workers = 2

        @Option(help: "The time between two faults, on average (default 1500ms).")
        var faultEvery = "1500ms"

        @Option(
            help: """
                Which faults, by commas: \(Fault.Family.allCases.map(\.rawValue).joined(separator: ", ")); or none \
                (default: all).
                """)
        var faults: String?

        @Option(help: "Play this schedule for a mutation instead of random ones, such as fence.")
        var script: String?

        @Option(help: "Build a mistake into the nodes: \(Mutations.names). Needs a debug build.")
        var mutation: String?

        @Option(help: "Keep every round's history in this directory (default: of rounds with violations only).")
        var keep: String?

        @Flag(help: "Play on after a violation.")
        var goOn = false

        func run() async throws {
            let session = try ChaosSession(self)
            let status = try await session.run()
            if status != 0 { throw ExitCode(status) }
        }
    }
}

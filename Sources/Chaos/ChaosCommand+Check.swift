import ArgumentParser
import Foundation

extension ChaosCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Judge a history that was kept.")

        @Argument(help: "The directory of a round, or of all rounds of a run.")
        var directory: String

        @Flag(help: "Draw the time line of every violation, not of the first only.")
        var all = false

        func run() throws {
            let root = URL(filePath: directory)
            var count = 0
            for round in try rounds(in: root) {
                let history = try History(directory: round)
                let violations = HistoryChecker.check(history)
                print("\(round.lastPathComponent): seed \(history.setting.seed), \(violations.count) violations")
                let drawn = all ? violations : Array(violations.prefix(1))
                for violation in violations { print("  \(violation)") }
                for violation in drawn {
                    print(try TimeLine(of: violation, in: history, logs: NodeLogs(in: round)).text)
                }
                count += violations.count
            }
            if count > 0 { throw ExitCode(1) }
        }

        private func rounds(in root: URL) throws -> [URL] {
            let files = FileManager.default
            guard !files.fileExists(atPath: root.appending(path: History.File.events).path) else { return [root] }
            let rounds = try files.contentsOfDirectory(atPath: root.path).sorted().map { root.appending(path: $0) }
                .filter { files.fileExists(atPath: $0.appending(path: History.File.state).path) }
            guard !rounds.isEmpty else { throw ValidationError("\(root.path) has no history") }
            return rounds
        }
    }
}

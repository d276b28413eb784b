import Foundation
import Shared
import TestSupport

/// One round: new machines, a schedule, rest, and the judgement.
struct Round: Sendable {
    let schedule: Schedule
    let number: Int
    let mutation: String?
    /// Where everything of the round is kept.
    let directory: URL

    /// How a round went.
    struct Outcome: Sendable {
        var history: History
        var violations: [Violation]
        /// How many requests there were.
        var requests: Int { Set(history.events.compactMap(\.request)).count }
        /// How many faults took place.
        var faults: Int { history.events.count { $0.kind == .faultBegan } }
    }

    init(_ schedule: Schedule, number: Int = 1, mutation: String? = nil, directory: URL) {
        self.schedule = schedule
        self.number = number
        self.mutation = mutation
        self.directory = directory
    }

    /// Plays the schedule. Throws where the machines themselves cannot be started.
    func run(bounds: HistoryChecker.Bounds = .init()) async throws -> Outcome {
        // What an earlier run left there is not of this one.
        try? FileManager.default.removeItem(at: directory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let setting = History.Setting(
            seed: schedule.seed, round: number, name: schedule.name, lease: schedule.lease,
            appendFsync: schedule.appendFsync, mutation: mutation,
            schedule: schedule.lines)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(setting).write(to: directory.appending(path: History.File.setting))
        let writer = try HistoryWriter(directory: directory)
        let state = try await Deployment.with(schedule, mutation: mutation, directory: directory) { deployment in
            try await Director(schedule, deployment, writer).run()
        }
        try encoder.encode(state).write(to: directory.appending(path: History.File.state))
        var history = History(setting: setting)
        history.events = writer.events
        history.state = state
        try history.readJournals(in: directory)
        let violations = HistoryChecker.check(history, bounds: bounds)
        let text = violations.map { "\($0)\n" }.joined()
        try Data(text.utf8).write(to: directory.appending(path: History.File.violations))
        return Outcome(history: history, violations: violations)
    }
}

import Foundation
import TestSupport

/// Runs a campaign in a process of its own, the test program once more, so that an input that crashes or hangs it is a finding, too.
struct FuzzProcess {
    /// What such a process is told, by its environment.
    struct Task: Codable {
        var target: String
        var seed: UInt64
        var seconds: Double
        /// An input that ended a process before: make it plainer.
        var shrink: [UInt8]?
        var directory: URL

        static let variable = "PENSTOCK_FUZZ_TASK"

        /// What this process was told.
        static let given = ProcessInfo.processInfo.environment[variable].flatMap {
            try? JSONDecoder().decode(Task.self, from: Data($0.utf8))
        }

        var record: URL { directory.appending(path: "record") }
        var finding: URL { directory.appending(path: "finding") }
    }

    struct Outcome {
        var trials: UInt64
        var finding: FuzzCampaign.Finding?
    }

    /// Processes that are used at most to make an input plainer that ends them.
    private static let shrinkings = 40

    let target: FuzzTarget
    let directory: URL

    /// Tries inputs for `seconds`.
    func run(seed: UInt64, seconds: Double) async throws -> Outcome {
        let task = Task(target: target.name, seed: seed, seconds: seconds, directory: directory)
        let (trials, finding, isShrunk) = try await run(task)
        guard var finding, !isShrunk else { return Outcome(trials: trials, finding: finding) }
        // It ended its process, and so does what is plainer: each process goes on from where the last one ended.
        for _ in 0..<Self.shrinkings {
            var task = task
            task.shrink = finding.input
            guard let next = try await run(task).finding, next.input != finding.input else { break }
            finding = next
        }
        return Outcome(trials: trials, finding: finding)
    }

    /// What the task that this process was given comes to: in the process that `run` has started.
    static func perform(_ task: Task) throws {
        guard let target = FuzzTarget.all.first(where: { $0.name == task.target }),
            let record = FuzzRecord(writing: task.record)
        else { throw Violation("the task \(task) cannot be performed") }
        let campaign = FuzzCampaign(target: target, record: record)
        let finding =
            task.shrink.map { campaign.shrink(.init(message: "it ended the process", input: $0)) }
            ?? campaign.run(seed: task.seed, seconds: task.seconds)
        if let finding { try JSONEncoder().encode(finding).write(to: task.finding) }
    }

    private func run(
        _ task: Task
    ) async throws -> (trials: UInt64, finding: FuzzCampaign.Finding?, isShrunk: Bool) {
        try? FileManager.default.removeItem(at: task.record)
        try? FileManager.default.removeItem(at: task.finding)
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
        process.arguments = ["--testing-library", "swift-testing", "--filter", "^FuzzTests\\.FuzzingTests/"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            Task.variable: String(decoding: try JSONEncoder().encode(task), as: UTF8.self),
            "SWIFT_BACKTRACE":
                "enable=\(task.shrink == nil ? "no" : "yes"),color=no,interactive=no,images=none,registers=none,limit=8",
        ]) { $1 }
        let log = directory.appending(path: "log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { ProcessKeeper.shared.takeBack($0) }
        try process.start()
        ProcessKeeper.shared.entrust(process)
        var ended = true
        do {
            try await eventually("the process ends", within: .seconds(task.seconds + 180)) { !process.isRunning }
        } catch {
            ended = false
            kill(process.processIdentifier, SIGKILL)
        }
        let left = FuzzRecord.read(task.record)
        if let data = try? Data(contentsOf: task.finding) {
            return (left?.trials ?? 0, try JSONDecoder().decode(FuzzCampaign.Finding.self, from: data), true)
        }
        guard let left, left.trials > 0 else {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            throw Violation("the process that should try inputs did not: \(text.suffix(2000))")
        }
        if ended, process.terminationReason == .exit, process.terminationStatus == 0 { return (left.trials, nil, true) }
        let message =
            ended
            ? "it ended the process (\(process.terminationStatus))\(words(in: log))" : "it does not come to an end"
        return (left.trials, FuzzCampaign.Finding(message: message, input: left.input), !ended)
    }

    /// What a process said of its end, and where in our files that was.
    private func words(in log: URL) -> String {
        let lines = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").filter { line in
            line.contains("Fatal error") || line.contains("ERROR: ") || line.contains(" at /")
        }
        return lines.prefix(6).map { "\n  \($0)" }.joined()
    }
}

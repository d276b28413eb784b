import Foundation
import Testing

/// Random inputs, and changes of known ones, for everything that reads foreign bytes. `docs/testing.md` says how to go on for longer and
/// how to try an input again.
@Suite(.serialized) struct FuzzingTests {
    @Test(arguments: FuzzTarget.all) func holds(target: FuzzTarget) async throws {
        if let task = FuzzProcess.Task.given {
            if task.target == target.name { try FuzzProcess.perform(task) }
            return
        }
        let settings = FuzzSettings.current
        guard settings.chooses(target) else { return }
        if let arguments = CoverageGuided.arguments {
            if settings.target == target.name { try CoverageGuided.run(target, arguments) }
            return
        }
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(target.name)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let outcome = try await FuzzProcess(target: target, directory: directory)
            .run(seed: settings.seed, seconds: settings.secondsEach.inputs)
        print("\(target.name): \(outcome.trials) inputs, seed \(settings.seed)")
        if let finding = outcome.finding {
            Issue.record(
                """
                \(target.name): \(finding.message)
                The input, \(finding.input.count) bytes: \(String(decoding: finding.input, as: UTF8.self).debugDescription)
                Keep it: \(Corpus.command(keeping: finding.input, for: target))
                The same again: PENSTOCK_FUZZ_SEED=\(settings.seed) PENSTOCK_FUZZ_TARGET=\(target.name) ./test --filter FuzzTests
                """)
        }
    }
}

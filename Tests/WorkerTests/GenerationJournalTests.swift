import Foundation
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct GenerationJournalTests {
    private struct Line: Decodable {
        var at: Int64
        var worker: String
        var request: RequestID
        var attempt: Int
        var event: String
        var tokens: Int?
        var index: Int?
        var text: String?
        var mode: String?
        var result: String?
        var state: String?
    }

    private let file = FileManager.default.temporaryDirectory.appending(path: "penstock-journal-\(UUID()).jsonl")

    private func lines() throws -> [Line] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    @Test func anAttemptIsWrittenDownFromItsClaimToItsEnd() async throws {
        defer { try? FileManager.default.removeItem(at: file) }
        let journal = try GenerationJournal(path: file.path)
        let lab = JobLab()
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        generator.say("a \"quoted\"\n", "b")
        let before = Timestamp.now().microseconds
        try await lab.run(lab.runner(delivery, generator) { $0.journal = journal }) {
            try await eventually { try self.lines().filter { $0.event == "token" }.count == 2 }
            try await lab.stop(delivery.job.requestID)
        }
        let lines = try lines()
        #expect(lines.map(\.event) == ["started", "token", "token", "stop", "ended", "left"])
        #expect(lines.allSatisfy { $0.request == delivery.job.requestID && $0.attempt == 1 && $0.worker == "w1" })
        #expect(lines.allSatisfy { $0.at >= before && $0.at <= Timestamp.now().microseconds })
        #expect(lines[0].tokens == 0)
        #expect(lines[1].text == "a \"quoted\"\n" && lines[1].index == 0 && lines[2].index == 1)
        #expect(lines[3].mode == "stop" && lines[4].result == "interrupted" && lines[4].tokens == 2)
        #expect(lines[5].state == "cancelled")
    }

    @Test func severalMayWriteToOneFileThatIsThereAlready() async throws {
        defer { try? FileManager.default.removeItem(at: file) }
        let request = RequestID.random()
        for worker in ["w1", "w2"] {
            let journal = try GenerationJournal(path: file.path)
            journal.attempt(2, of: request, by: worker).started(tokens: 7)
        }
        #expect(try lines().map(\.worker) == ["w1", "w2"])
        #expect(try lines().map(\.tokens) == [7, 7])
    }

    @Test func aFileThatCannotBeWrittenIsToldAtTheStart() {
        let error = #expect(throws: SettingsError.self) { try GenerationJournal(path: "/does/not/exist") }
        #expect(error?.key == "journal")
    }
}

import Foundation
import Shared
import TestSupport
import Testing

@testable import Chaos

@Suite struct TimeLineTests {
    @Test func itTellsWhatHappenedInOrderAndMarksTheViolation() throws {
        var story = HandWritten.cancelled()
        story.at(1.5)
        var fault = HistoryEvent(at: Int64(1.5 * 1_000_000), .faultBegan, by: "faults")
        (fault.fault, fault.node, fault.note) = (1, "worker-1", "SIGSTOP of worker-1 for 9 ms")
        story.history.events.append(fault)
        story.at(2.06)
        story.chunk(1, 3, "2 ")
        let violation = try #require(
            HistoryChecker.check(story.history).first { $0.kind == .chunkAfterAcknowledgement })
        let logs = NodeLogs(lines: [
            .init(at: 2_070_000, node: "frontend-1", text: "info penstock-frontend: \(HandWritten.id) is odd"),
            .init(at: 2_070_000, node: "frontend-1", text: "info penstock-frontend: something else"),
        ])
        let text = TimeLine(of: violation, in: story.history, logs: logs).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("chunkAfterAcknowledgement: "))
        #expect(lines[1].hasPrefix("     +0.000 s  "))
        func place(_ words: String) -> Int? { lines.firstIndex { $0.contains(words) } }
        let order = try [
            #require(place("sends: 100 numbers, one each 20 ms")), #require(place("SIGSTOP of worker-1")),
            #require(place("STOP ACKNOWLEDGED, by webSocket: stopped")), #require(place("hears the stop")),
            #require(place("chunks 1-3 \"2 … 2\" 1-3")), #require(place(">>> here")), #require(place("is odd")),
            #require(place("THE ENDING IS WRITTEN: cancelled")),
        ]
        #expect(order == order.sorted())
        // Two tokens are one line, and so are two chunks.
        #expect(place("says 1: 0 … 1 (2)") != nil && place("chunks 1-1 \"0 … 1\" 1-2 (2)") != nil)
        #expect(place("something else") == nil)
    }

    @Test func aKeptHistoryIsReadAgainAsItWas() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "penstock-history-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let story = HandWritten.completed
        let encoder = JSONEncoder()
        try encoder.encode(story.history.setting).write(to: directory.appending(path: History.File.setting))
        try encoder.encode(story.history.state).write(to: directory.appending(path: History.File.state))
        var lines = Data()
        for event in story.history.events { lines += try encoder.encode(event) + Data("\n".utf8) }
        try lines.write(to: directory.appending(path: History.File.events))
        var journal = Data()
        for line in story.history.journals { journal += try encoder.encode(line) + Data("\n".utf8) }
        // Its writer was killed.
        journal += Data("{\"at\":".utf8)
        try journal.write(to: directory.appending(path: History.File.journal("worker-1")))
        let history = try History(directory: directory)
        #expect(history.events == story.history.events && history.journals == story.history.journals)
        #expect(history.state == story.history.state)
    }
}

import Shared
import Testing

@testable import Client

@Suite struct OutputTests {
    @Test func tablesAreAlignedWithoutTrailingSpaces() {
        var table = TextTable("A", "LONGER", "C")
        table.add("wide cell", "x", "")
        #expect(table.lines == ["A          LONGER  C", "wide cell  x"])
    }

    @Test func terminalsAreShownNoControlCharacters() {
        #expect(Console.clean("a\u{1B}[31mb\u{9B}c\td\né") == "a\u{FFFD}[31mb\u{FFFD}c\td\né")
    }

    @Test func logEntriesAsJSON() {
        let chunk = TokenEntry(id: EntryID(attempt: 1, index: 2), body: .chunk(text: "a/b \"c\"", tokens: 1))
        #expect(
            JSONOutput.text(LogLine(chunk)) == #"{"cursor":"1-2","text":"a/b \"c\"","tokens":1,"type":"chunk"}"#)
        let seal = TokenEntry(
            id: EntryID(attempt: 1, index: EntryID.sealIndex),
            body: .sealed(StopIntent(by: .user), after: chunk.id))
        #expect(JSONOutput.text(LogLine(seal)).contains(#""stop":{"by":"user","mode":"stop"}"#))
    }

    @Test func howAPartEndedInWords() {
        var part = DemoReport.Part(
            name: "backend", requestID: .random(), worker: nil, state: "cancelled", tokens: 3,
            observedAfterMilliseconds: 0.64)
        #expect(part.words == "stopped at 2, 0.6 ms after the stop was recorded; ended: cancelled")
        part.tokens = 0
        part.observedAfterMilliseconds = nil
        #expect(part.words == "stopped before the first number; ended: cancelled")
    }

    @Test func aMessageInOneLine() throws {
        let id = try #require(MessageID("3f2504e0-4f89-41d3-9a0c-0305e82c3301"))
        let session = try #require(SessionID("3f2504e0-4f89-41d3-9a0c-0305e82c3302"))
        let message = MessageRecord(
            messageID: id, sessionID: session, role: "assistant", content: "0 ", isComplete: false,
            finishReason: "cancelled", usage: Usage(outputTokens: 1),
            stop: StopIntent(mode: .kill, by: .operator, reason: "why"), createdAt: Timestamp(microseconds: 0),
            owner: "o")
        #expect(
            PenstockCommand.Show.summary(message)
                == "assistant message \(id), session \(session), incomplete (cancelled), 1 tokens, killed by operator: why"
        )
    }
}

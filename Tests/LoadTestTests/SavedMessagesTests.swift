import Shared
import Testing

@testable import LoadTest

@Suite struct SavedMessagesTests {
    private func received(_ text: String, isAbandoned: Bool = false) -> SavedSample.Received {
        SavedSample.Received(
            request: .random(), url: 0, bytes: text.utf8.count, hash: AnswerText.hash(of: text.utf8),
            isAbandoned: isAbandoned)
    }

    private func saved(_ text: String, finishReason: String? = "stop") -> MessageRecord {
        MessageRecord(
            messageID: RequestID.random().message, sessionID: .random(), role: "assistant", content: text,
            isComplete: true, finishReason: finishReason, createdAt: .now(), owner: "me")
    }

    @Test func whatIsTheSameIsFine() {
        #expect(SavedMessages.difference(received("0 1 2 "), saved("0 1 2 ")) == nil)
        // Whoever goes away does not see all that is said until it is stopped.
        #expect(SavedMessages.difference(received("0 1 ", isAbandoned: true), saved("0 1 2 ")) == nil)
        #expect(SavedMessages.difference(received("", isAbandoned: true), saved("")) == nil)
    }

    @Test func whatDiffersIsTold() {
        #expect(SavedMessages.difference(received("0 1 2 "), saved("0 1 ")) == "4 bytes are saved, 6 came")
        #expect(SavedMessages.difference(received("0 1 "), saved("0 2 ")) == "the saved text is another than what came")
        #expect(SavedMessages.difference(received("0 1 2 ", isAbandoned: true), saved("0 1 ")) != nil)
        #expect(SavedMessages.difference(received("0 9 ", isAbandoned: true), saved("0 1 2 ")) != nil)
        #expect(
            SavedMessages.difference(received("0 "), saved("0 ", finishReason: nil))
                == "not ended, though nobody watches")
    }

    @Test func aSampleIsBoundedAndOfAll() {
        var sample = SavedSample(size: 10, random: LoadRandom(seed: 4))
        for number in 0..<1000 {
            sample.offer(
                SavedSample.Received(request: .random(), url: 0, bytes: number, hash: 0, isAbandoned: false))
        }
        #expect(sample.received.count == 10 && Set(sample.received.map(\.bytes)).count == 10)
        #expect(sample.received.contains { $0.bytes >= 500 } && sample.received.contains { $0.bytes < 500 })
        var none = SavedSample(size: 0, random: LoadRandom(seed: 4))
        none.offer(received(""))
        #expect(none.received.isEmpty)
    }
}

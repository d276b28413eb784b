import Shared
import Testing

@testable import Worker

/// Transcripts: what is said and answered, and what is written.
@Suite struct TokenBatcherTests {
    @Test func everySixtyFourthEntryHasTheTotal() {
        var batcher = TokenBatcher(
            attempt: 3, batching: .off, maximumBytes: 1000, window: 40, textSoFar: "said", tokensSoFar: 1000)
        var totals: [UInt64: Int] = [:]
        func note(_ action: TokenBatcher.Action) -> EntryID? {
            guard case .write(let batch) = action else { return nil }
            for chunk in batch where chunk.total != nil { totals[chunk.id.index] = chunk.total }
            return batch.last?.id
        }
        var pending = note(batcher.said("a", tokens: 2))
        for _ in 1..<200 {
            _ = batcher.said("a", tokens: 2)
            if !batcher.hasRoom, let id = pending { pending = note(batcher.answered(id, .written)) }
        }
        while let id = pending { pending = note(batcher.answered(id, .written)) }
        #expect(totals == [64: 1128, 128: 1256, 192: 1384])
        // The count begins anew with the answer.
        pending = note(batcher.restarted())
        if let id = pending { _ = batcher.answered(id, .written) }
        for _ in 202...256 {
            if let id = note(batcher.said("a", tokens: 1)) { _ = batcher.answered(id, .written) }
        }
        #expect(totals[256] == 55)
    }

    private var batcher = TokenBatcher(attempt: 3, batching: .natural, maximumBytes: 10, window: 64)

    private func chunk(_ index: UInt64, _ text: String, _ tokens: Int) -> TokenChunk {
        TokenChunk(id: EntryID(attempt: 3, index: index), text: text, tokens: tokens)
    }

    private func id(_ index: UInt64) -> EntryID { EntryID(attempt: 3, index: index) }

    @Test mutating func theFirstChunkLeavesAtOnceAndTheRestGathers() {
        #expect(batcher.said("a", tokens: 1) == .write([chunk(1, "a", 1)]))
        #expect(batcher.said("b", tokens: 1) == .none)
        #expect(batcher.said("c", tokens: 2) == .none)
        #expect(!batcher.isSettled)
        #expect(batcher.answered(id(1), .written) == .write([chunk(2, "bc", 3)]))
        #expect(batcher.answered(id(2), .written) == .none)
        #expect(batcher.isSettled && batcher.content.tokens == 4)
        #expect(batcher.said("d", tokens: 1) == .write([chunk(3, "d", 1)]))
    }

    @Test mutating func aRestartIsAnEntryOfItsOwnAndDropsWhatGathered() {
        #expect(batcher.restarted() == .write([.restart(id(1))]))
        #expect(batcher.answered(id(1), .written) == .none)
        #expect(batcher.said("a", tokens: 1) == .write([chunk(2, "a", 1)]))
        #expect(batcher.said("dropped", tokens: 1) == .none)
        #expect(batcher.restarted() == .none)
        #expect(!batcher.isSettled)
        #expect(batcher.said("b", tokens: 2) == .none)
        #expect(batcher.answered(id(2), .written) == .write([.restart(id(3))]))
        #expect(batcher.content.text == "a")
        #expect(batcher.answered(id(3), .lost) == .repeatLater)
        #expect(batcher.repeatDue() == [.restart(id(3))])
        #expect(batcher.answered(id(3), .written) == .write([chunk(4, "b", 2)]))
        #expect(batcher.content.text.isEmpty && batcher.content.tokens == 0)
        #expect(batcher.answered(id(4), .written) == .none)
        #expect(batcher.content == LogContent(last: id(4), text: "b", tokens: 2))
    }

    @Test mutating func aRestartWaitsForTheWindowToo() {
        batcher = TokenBatcher(attempt: 3, batching: .off, maximumBytes: 10, window: 1)
        _ = batcher.said("a", tokens: 1)
        #expect(batcher.restarted() == .none)
        #expect(!batcher.isSettled)
        #expect(batcher.answered(id(1), .written) == .write([.restart(id(2))]))
    }

    @Test mutating func whatGathersIsBounded() {
        _ = batcher.said("a", tokens: 1)
        _ = batcher.said("123456789", tokens: 1)
        #expect(batcher.hasRoom)
        _ = batcher.said("0", tokens: 1)
        #expect(!batcher.hasRoom)
        #expect(batcher.answered(id(1), .written) == .write([chunk(2, "1234567890", 2)]))
        #expect(batcher.hasRoom)
    }

    @Test mutating func aLostEntryIsRepeatedWithItsIDWhileTokensGather() {
        _ = batcher.said("a", tokens: 1)
        #expect(batcher.answered(id(1), .lost) == .repeatLater)
        #expect(batcher.said("b", tokens: 1) == .none)
        #expect(batcher.repeatDue() == [chunk(1, "a", 1)])
        #expect(batcher.repeatDue() == nil)
        #expect(batcher.answered(id(1), .lost) == .repeatLater)
        #expect(batcher.repeatDue() == [chunk(1, "a", 1)])
        #expect(batcher.answered(id(1), .written) == .write([chunk(2, "b", 1)]))
    }

    @Test(arguments: [TokenBatcher.Answer.sealed, .fenced]) mutating func aRefusalClosesIt(
        _ answer: TokenBatcher.Answer
    ) {
        _ = batcher.said("a", tokens: 1)
        _ = batcher.said("b", tokens: 1)
        #expect(batcher.answered(id(1), answer) == .close(answer == .sealed ? .sealed : .fenced))
        #expect(batcher.isSettled && batcher.hasRoom && batcher.content.tokens == 0)
        #expect(batcher.said("c", tokens: 1) == .none)
        #expect(batcher.answered(id(1), .written) == .none)
        #expect(batcher.repeatDue() == nil)
    }

    @Test mutating func withoutBatchingEachTokenIsAnEntryAndWhatGathersLeavesTogether() {
        batcher = TokenBatcher(attempt: 3, batching: .off, maximumBytes: 10, window: 2)
        #expect(batcher.said("a", tokens: 1) == .write([chunk(1, "a", 1)]))
        #expect(batcher.said("b", tokens: 1) == .none)
        #expect(batcher.hasRoom)
        #expect(batcher.said("c", tokens: 1) == .none)
        #expect(!batcher.hasRoom)
        #expect(batcher.answered(id(1), .written) == .write([chunk(2, "b", 1), chunk(3, "c", 1)]))
        #expect(batcher.hasRoom && !batcher.isSettled && batcher.content.text == "a")
        // The answer to a batch names its last.
        #expect(batcher.answered(id(2), .written) == .none)
        #expect(batcher.said("d", tokens: 1) == .none)
        #expect(batcher.answered(id(3), .lost) == .repeatLater)
        #expect(batcher.repeatDue() == [chunk(2, "b", 1), chunk(3, "c", 1)])
        #expect(batcher.answered(id(3), .written) == .write([chunk(4, "d", 1)]))
        #expect(batcher.answered(id(4), .written) == .none)
        #expect(batcher.isSettled && batcher.content == LogContent(last: id(4), text: "abcd", tokens: 4))
    }

    @Test(arguments: TokenBatcher.Batching.allCases) mutating func aTokenWithoutTextGoesWithTheNext(
        _ batching: TokenBatcher.Batching
    ) {
        batcher = TokenBatcher(attempt: 3, batching: batching, maximumBytes: 10, window: 64)
        #expect(batcher.said("", tokens: 1) == .none)
        #expect(batcher.isSettled)
        #expect(batcher.said("a", tokens: 1) == .write([chunk(1, "a", 2)]))
        _ = batcher.said("", tokens: 1)
        #expect(batcher.answered(id(1), .written) == .none)
        #expect(batcher.said("b", tokens: 1) == .write([chunk(2, "b", 2)]))
    }

    @Test mutating func whatWaitsWithoutBatchingIsBoundedInBytesToo() {
        batcher = TokenBatcher(attempt: 3, batching: .off, maximumBytes: 10, window: 64)
        _ = batcher.said("a", tokens: 1)
        _ = batcher.said("1234567890", tokens: 1)
        #expect(!batcher.hasRoom)
        #expect(batcher.answered(id(1), .written) == .write([chunk(2, "1234567890", 1)]))
        #expect(batcher.hasRoom)
    }

    /// A later entry that overtook a refused one would leave a hole for good: Redis takes no lower id.
    @Test(arguments: TokenBatcher.Batching.allCases) mutating func nothingOvertakesAnEntryThatMayBeLost(
        _ batching: TokenBatcher.Batching
    ) {
        batcher = TokenBatcher(attempt: 3, batching: batching, maximumBytes: 10, window: 64)
        _ = batcher.said("5", tokens: 1)
        #expect(batcher.said("6", tokens: 1) == .none)
        #expect(batcher.answered(id(1), .lost) == .repeatLater)
        #expect(batcher.said("7", tokens: 1) == .none)
        #expect(batcher.content.text.isEmpty && !batcher.isSettled)
        #expect(batcher.repeatDue() == [chunk(1, "5", 1)])
        guard case .write(let next) = batcher.answered(id(1), .written) else {
            Issue.record("the next entry did not leave")
            return
        }
        // An answer that comes twice, or late, is no news.
        #expect(batcher.answered(id(1), .written) == .none)
        #expect(batcher.answered(id(1), .lost) == .none)
        #expect(next == (batching == .natural ? [chunk(2, "67", 2)] : [chunk(2, "6", 1), chunk(3, "7", 1)]))
        _ = batcher.answered(id(batching == .natural ? 2 : 3), .written)
        #expect(batcher.isSettled && batcher.content.text == "567" && batcher.content.tokens == 3)
    }
}

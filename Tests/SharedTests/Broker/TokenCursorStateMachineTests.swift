import Shared
import Testing

@Suite("TokenCursorStateMachine")
struct TokenCursorStateMachineTests {
    private func chunk(_ attempt: UInt64, _ index: UInt64) -> TokenEntry {
        TokenEntry(id: EntryID(attempt: attempt, index: index), body: .chunk(text: "x", tokens: 1))
    }

    private func marker(_ attempt: UInt64, after: EntryID) -> TokenEntry {
        TokenEntry(id: EntryID(attempt: attempt, index: 0), body: .attempt(worker: "w", after: after))
    }

    private func ending(_ attempt: UInt64, after: EntryID) -> TokenEntry {
        TokenEntry(
            id: EntryID(attempt: attempt, index: EntryID.endingIndex),
            body: .ended(Ending(state: .completed, finishReason: "stop"), after: after))
    }

    /// A machine that follows the feed and stands behind `cursor`.
    private func following(_ cursor: EntryID = .start) -> TokenCursorStateMachine {
        var machine = TokenCursorStateMachine(cursor: cursor)
        _ = machine.feedEstablished()
        _ = machine.pageEnded(progressed: false, full: false)
        return machine
    }

    @Test("a request from its first entry to its last, all by feed")
    func whole() {
        var machine = TokenCursorStateMachine(cursor: .start)
        #expect(machine.feedReceived(marker(1, after: .start)) == .none)
        #expect(machine.feedEstablished() == .read(after: .start))
        #expect(machine.pageEnded(progressed: false, full: false) == .none)
        #expect(machine.feedReceived(marker(1, after: .start)) == .deliver)
        #expect(machine.feedReceived(chunk(1, 1)) == .deliver)
        #expect(machine.feedReceived(chunk(1, 1)) == .none)
        #expect(machine.feedReceived(chunk(1, 2)) == .deliver)
        #expect(machine.feedReceived(ending(1, after: EntryID(attempt: 1, index: 2))) == .deliver)
        let isEnded = machine.isEnded
        #expect(isEnded)
        #expect(machine.feedReceived(chunk(1, 3)) == .none)
    }

    @Test("a hole is read from the log, and what came meanwhile is read too")
    func hole() {
        var machine = following(EntryID(attempt: 1, index: 1))
        #expect(machine.feedReceived(chunk(1, 3)) == .read(after: EntryID(attempt: 1, index: 1)))
        #expect(machine.feedReceived(chunk(1, 4)) == .none)
        #expect(machine.logReceived(chunk(1, 2)) == .deliver)
        #expect(machine.logReceived(chunk(1, 3)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: false) == .read(after: EntryID(attempt: 1, index: 3)))
        #expect(machine.logReceived(chunk(1, 4)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: false) == .none)
        #expect(machine.feedReceived(chunk(1, 5)) == .deliver)
    }

    @Test("a new attempt is followed when nothing is missing before it, and read otherwise")
    func takeover() {
        var machine = following(EntryID(attempt: 1, index: 4))
        #expect(machine.feedReceived(marker(2, after: EntryID(attempt: 1, index: 4))) == .deliver)
        #expect(machine.feedReceived(chunk(1, 5)) == .none, "an entry of a fenced worker")
        #expect(machine.feedReceived(chunk(2, 1)) == .deliver)
        #expect(
            machine.feedReceived(marker(3, after: EntryID(attempt: 2, index: 2)))
                == .read(after: EntryID(attempt: 2, index: 1)))
    }

    @Test("behind a seal no chunk of the attempt is handed on")
    func seal() {
        var machine = following(EntryID(attempt: 1, index: 4))
        let seal = TokenEntry(
            id: EntryID(attempt: 1, index: EntryID.sealIndex),
            body: .sealed(StopIntent(by: .user), after: EntryID(attempt: 1, index: 4)))
        #expect(machine.feedReceived(seal) == .deliver)
        #expect(machine.feedReceived(chunk(1, 5)) == .none)
        #expect(machine.feedReceived(ending(1, after: seal.id)) == .deliver)
    }

    @Test("an entry of the feed that the log refuses does not keep it reading for ever")
    func refused() {
        var machine = following(EntryID(attempt: 1, index: 1))
        #expect(machine.feedReceived(chunk(1, 3)) == .read(after: EntryID(attempt: 1, index: 1)))
        #expect(machine.pageEnded(progressed: false, full: false) == .none)
        #expect(machine.feedReceived(chunk(1, 2)) == .deliver)
    }

    @Test("what the feed brings while the log is read is not lost when the page was cut before it")
    func entryDuringRead() {
        var machine = TokenCursorStateMachine(cursor: .start)
        #expect(machine.feedEstablished() == .read(after: .start))
        #expect(machine.feedReceived(ending(1, after: .start)) == .none)
        #expect(machine.pageEnded(progressed: false, full: false) == .read(after: .start))
        #expect(machine.logReceived(ending(1, after: .start)) == .deliver)
    }

    @Test("a flush during a read is answered by a read that was sent after it")
    func flushDuringRead() {
        var machine = TokenCursorStateMachine(cursor: .start)
        #expect(machine.feedEstablished() == .read(after: .start))
        #expect(machine.flushRequested(to: EntryID(attempt: 1, index: 1)) == .none)
        #expect(machine.pageEnded(progressed: false, full: false) == .read(after: .start))
        #expect(machine.pageEnded(progressed: false, full: false) == .none)
    }

    @Test("a loss of the feed during a read makes it read once more")
    func lossDuringRead() {
        var machine = following()
        #expect(machine.feedReceived(chunk(1, 2)) == .read(after: .start))
        #expect(machine.feedEstablished() == .none)
        #expect(machine.logReceived(marker(1, after: .start)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: false) == .read(after: EntryID(attempt: 1, index: 0)))
        #expect(machine.pageEnded(progressed: false, full: false) == .none)
    }

    @Test("full pages are followed by the next")
    func pages() {
        var machine = TokenCursorStateMachine(cursor: .start)
        _ = machine.feedEstablished()
        #expect(machine.logReceived(chunk(1, 1)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: true) == .read(after: EntryID(attempt: 1, index: 1)))
        #expect(machine.pageEnded(progressed: false, full: false) == .none)
    }

    @Test("a pause drops what comes, and goes on from the log")
    func pause() {
        var machine = following(EntryID(attempt: 1, index: 1))
        machine.pauseRequested()
        let isPaused = machine.isPaused
        #expect(isPaused)
        #expect(machine.feedReceived(chunk(1, 2)) == .none)
        #expect(machine.logReceived(chunk(1, 2)) == .none)
        #expect(machine.feedEstablished() == .none)
        #expect(machine.resumeRequested() == .read(after: EntryID(attempt: 1, index: 1)))
        #expect(machine.logReceived(chunk(1, 2)) == .deliver)
    }

    @Test("a pause before the feed is confirmed does not let the log be read before that")
    func pauseBeforeTheFeed() {
        var machine = TokenCursorStateMachine(cursor: .start)
        machine.pauseRequested()
        #expect(machine.resumeRequested() == .none)
        #expect(machine.logReceived(chunk(1, 1)) == .none)
        #expect(machine.feedEstablished() == .read(after: .start))
        var paused = TokenCursorStateMachine(cursor: .start)
        paused.pauseRequested()
        #expect(paused.feedEstablished() == .none)
        #expect(paused.resumeRequested() == .read(after: .start))
    }

    @Test("a flush reads what the feed has not brought")
    func flush() {
        var machine = following(EntryID(attempt: 1, index: 1))
        #expect(machine.flushRequested(to: EntryID(attempt: 1, index: 1)) == .none)
        #expect(
            machine.flushRequested(to: EntryID(attempt: 1, index: 3)) == .read(after: EntryID(attempt: 1, index: 1)))
        #expect(machine.logReceived(chunk(1, 2)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: false) == .read(after: EntryID(attempt: 1, index: 2)))
    }

    @Test("a flush does not wait for the feed")
    func flushBeforeTheFeed() {
        var machine = TokenCursorStateMachine(cursor: .start)
        #expect(machine.flushRequested(to: EntryID(attempt: 1, index: 1)) == .read(after: .start))
        #expect(machine.logReceived(marker(1, after: .start)) == .deliver)
        #expect(machine.logReceived(chunk(1, 1)) == .deliver)
        #expect(machine.pageEnded(progressed: true, full: false) == .none)
        #expect(machine.feedEstablished() == .read(after: EntryID(attempt: 1, index: 1)))
    }

    @Test("every event in every state", arguments: ["subscribing", "held", "reading", "following", "paused", "ended"])
    func table(state: String) {
        /// What each event answers in this state.
        func answers(_ event: (inout TokenCursorStateMachine) -> TokenCursorStateMachine.Action)
            -> TokenCursorStateMachine.Action
        {
            var machine = TokenCursorStateMachine(cursor: .start)
            switch state {
            case "reading": _ = machine.feedEstablished()
            case "following": machine = following()
            case "held": machine.pauseRequested()
            case "paused":
                _ = machine.feedEstablished()
                machine.pauseRequested()
            case "ended": machine.cancelled()
            default: break
            }
            return event(&machine)
        }
        let read = TokenCursorStateMachine.Action.read(after: .start)
        let first = marker(1, after: .start)
        let last = EntryID(attempt: 1, index: 9)
        let expected: [String: [TokenCursorStateMachine.Action]] = [
            "subscribing": [read, .none, .none, .none, read, .none],
            "held": [.none, .none, .none, .none, .none, .none],
            "reading": [.none, .none, .deliver, .none, .none, .none],
            "following": [read, .deliver, .none, .none, read, .none],
            "paused": [.none, .none, .none, .none, .none, read],
            "ended": [.none, .none, .none, .none, .none, .none],
        ]
        let actual = [
            answers { $0.feedEstablished() }, answers { $0.feedReceived(first) }, answers { $0.logReceived(first) },
            answers { $0.pageEnded(progressed: false, full: false) }, answers { $0.flushRequested(to: last) },
            answers { $0.resumeRequested() },
        ]
        #expect(actual == expected[state])
    }
}

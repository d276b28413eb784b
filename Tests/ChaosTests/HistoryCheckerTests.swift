import Shared
import Testing

@testable import Chaos

/// Each breach of what must hold is found, by its name; and what is in order is let pass.
@Suite struct HistoryCheckerTests {
    @Test func whatIsInOrderPasses() {
        #expect(HistoryChecker.check(HandWritten.completed.history).isEmpty)
        for way in HistoryEvent.Way.allCases {
            #expect(HistoryChecker.check(HandWritten.cancelled(way: way).history).isEmpty)
        }
    }

    // MARK: Stops

    @Test func aStopThatWasAcceptedAndHadNoEffect() {
        for way in HistoryEvent.Way.allCases {
            var story = HandWritten.completed
            // Before the end.
            story.at(1.25)
            story.stopAcknowledged(way: way, heard: 2)
            story.state.fields["ended_at"] = "\(10 * HandWritten.second)"
            #expect(story.kinds.contains(.lostStop), "\(way)")
        }
    }

    @Test func aStopOfARequestThatRunsOn() {
        var story = HandWritten.cancelled()
        story.state.fields = ["state": "running", "attempt": "1", "job": "1-1"]
        #expect(story.kinds.isSuperset(of: [.lostStop, .noEnding]))
    }

    @Test func aStopThatTookEffectMuchTooLate() {
        #expect(HandWritten.cancelled(endedAt: 16).kinds.isEmpty)
        #expect(HandWritten.cancelled(endedAt: 18).kinds == [.lostStop])
    }

    @Test func whatIsBrokenGivesAStopTime() {
        var story = HandWritten.cancelled(endedAt: 40)
        story.at(1.5)
        story.fault(.faultBegan, 1, node: "redis")
        story.at(10)
        story.fault(.faultBegan, 2, node: "worker-1")
        story.at(12)
        story.fault(.faultEnded, 1, node: "redis")
        story.at(30)
        story.fault(.faultEnded, 2, node: "worker-1")
        #expect(story.kinds.isEmpty)
        story.state.fields["ended_at"] = "\(46 * HandWritten.second)"
        #expect(story.kinds == [.lostStop])
    }

    @Test func aStopThatCameAfterTheEnding() {
        var story = HandWritten.completed
        story.at(2.5)
        story.stopAcknowledged("already_completed")
        #expect(story.kinds.isEmpty)
        var other = HandWritten.cancelled()
        other.at(5)
        other.stopAcknowledged("already_completed")
        #expect(other.kinds == [.endingsDisagree])
    }

    @Test func aBarePublishIsHeldToWhereItWasHeardAndNothingWasBroken() {
        func story(heard: Int, faultAt: Double?) -> HandWritten {
            var story = HandWritten.completed
            story.state.fields["ended_at"] = "\(20 * HandWritten.second)"
            story.at(5)
            story.stopAcknowledged(way: .publish, heard: heard)
            if let faultAt {
                story.at(faultAt)
                story.fault(.faultBegan, 1, node: "frontend-1")
                story.fault(.faultEnded, 1, node: "frontend-1")
            }
            return story
        }
        #expect(story(heard: 1, faultAt: nil).kinds == [.lostStop])
        #expect(story(heard: 0, faultAt: nil).kinds.isEmpty)
        #expect(story(heard: 1, faultAt: 4).kinds.isEmpty)
        #expect(story(heard: 1, faultAt: 6).kinds.isEmpty)
        #expect(story(heard: 1, faultAt: 12).kinds == [.lostStop])
    }

    @Test func aStopThatNobodyAskedFor() {
        func story(by: String, grace: Int?) -> HandWritten {
            var story = HandWritten.cancelled()
            story.state.fields["stop_by"] = by
            story.history.events[0].grace = grace
            story.history.events.removeAll { $0.kind == .stopAcknowledged || $0.kind == .stopSent }
            return story
        }
        #expect(story(by: "user", grace: 2).kinds == [.needlessStop])
        #expect(story(by: "disconnect", grace: nil).kinds == [.needlessStop])
        #expect(story(by: "disconnect", grace: 2).kinds.isEmpty)
        #expect(story(by: "disconnect", grace: 30).kinds == [.needlessStop])
        var missed = story(by: "disconnect", grace: 30)
        missed.note(.abandoned)
        #expect(missed.kinds.isEmpty)
    }

    // MARK: After the acknowledgement

    @Test func aChunkAfterTheAcknowledgement() {
        var story = HandWritten.cancelled()
        let ending = story.history.events.firstIndex { $0.kind == .completed }!
        let rest = Array(story.history.events[ending...])
        story.history.events.removeSubrange(ending...)
        story.at(2.06)
        story.chunk(1, 3, "2 ")
        story.history.events += rest
        #expect(story.kinds.contains(.chunkAfterAcknowledgement))
    }

    @Test func onAnotherConnectionTheRestMayFollow() {
        var story = HandWritten()
        story.at(1)
        story.sent(count: 100)
        story.note(.started)
        story.journal(.started, tokens: 0)
        story.journal(.token, index: 0)
        story.journal(.token, index: 1)
        story.chunk(1, 1, "0 ")
        // Stopped before it streams here; then resumed.
        story.note(.stopSent, on: 2) { $0.way = .webSocket }
        story.stopAcknowledged(on: 2)
        story.note(.resumeSent, on: 2) { $0.cursor = EntryID(attempt: 1, index: 1) }
        story.note(.started, on: 3)
        story.chunk(1, 2, "1 ", on: 3)
        story.completed("cancelled", isComplete: false, on: 3)
        story.journal(.left)
        story.redis("cancelled", said: [(1, 1, "0 "), (1, 2, "1 ")], endedAt: 2)
        #expect(HistoryChecker.check(story.history).isEmpty)
    }

    @Test func anAcknowledgementBeforeTheClientHasWhatIsSaved() {
        var story = HandWritten.cancelled()
        story.redis("cancelled", said: [(1, 1, "0 "), (1, 2, "1 "), (1, 3, "2 ")], endedAt: 2.1)
        #expect(story.kinds.contains(.shortAtAcknowledgement))
    }

    // MARK: Texts

    @Test func aHoleInWhatAClientSees() {
        var story = HandWritten.completed
        story.history.events.removeAll { $0.cursor == EntryID(attempt: 1, index: 2) }
        #expect(story.kinds == [.inexactText])
        #expect(HistoryChecker.check(story.history)[0].at == Int64(1.3 * 1_000_000))
    }

    @Test func aChunkThatComesTwice() {
        var story = HandWritten.completed
        let place = story.history.events.firstIndex { $0.cursor == EntryID(attempt: 1, index: 2) }!
        story.history.events.insert(story.history.events[place], at: place)
        #expect(story.kinds == [.inexactText])
    }

    @Test func aClientThatSawMoreThanIsSaved() {
        var story = HandWritten.completed
        story.redis("completed", said: [(1, 1, "0 "), (1, 2, "1 ")], endedAt: 1.9)
        #expect(story.kinds == [.inexactText])
    }

    @Test func aSavedTextThatIsNotThatOfTheLog() {
        var story = HandWritten.completed
        story.state.message["content"] = "0 1 "
        #expect(story.kinds == [.inexactText])
    }

    @Test func aLogThatSaysSomethingTwice() {
        var story = HandWritten.completed
        story.redis("completed", said: [(1, 1, "0 "), (1, 2, "1 "), (1, 3, "1 "), (1, 4, "2 ")], endedAt: 1.9)
        #expect(story.kinds.contains(.inexactText))
    }

    @Test func aLogWithAHole() {
        var story = HandWritten.completed
        story.redis("completed", said: [(1, 1, "0 "), (1, 2, "1 "), (1, 4, "2 ")], endedAt: 1.9)
        #expect(story.kinds == [.inexactText])
    }

    @Test func acompletedAnswerThatIsNotWhole() {
        var story = HandWritten.completed
        story.history.events[0].count = 4
        #expect(story.kinds == [.inexactText])
    }

    @Test func aRestartMakesWhatWasSaidVoid() {
        var story = HandWritten()
        story.at(1)
        story.sent()
        story.note(.started)
        story.chunk(1, 1, "0 ")
        story.note(.restart) { $0.cursor = EntryID(attempt: 2, index: 1) }
        for number in 0..<3 { story.chunk(2, UInt64(number + 2), "\(number) ") }
        story.completed()
        story.redis(
            "completed", said: [(1, 1, "0 "), (2, 0, ""), (2, 1, "r"), (2, 2, "0 "), (2, 3, "1 "), (2, 4, "2 ")],
            endedAt: 2)
        story.state.log[3].kind = "r"
        story.state.message["content"] = "0 1 2 "
        #expect(HistoryChecker.check(story.history).isEmpty)
        story.history.events.removeAll { $0.kind == .restart }
        #expect(story.kinds == [.inexactText])
    }

    // MARK: Endings

    @Test func twoEndings() {
        var story = HandWritten.completed
        story.at(2.5)
        story.completed()
        #expect(story.kinds == [.endingsDisagree])
        var other = HandWritten.completed
        var entry = other.state.log[other.state.log.count - 1]
        entry.id.attempt = 2
        other.state.log.append(entry)
        #expect(other.kinds == [.endingsDisagree])
    }

    @Test func endingsThatAreNotTheSame() {
        var told = HandWritten.completed
        let place = told.history.events.firstIndex { $0.kind == .completed }!
        told.history.events[place].outcome = "cancelled"
        #expect(told.kinds == [.endingsDisagree])
        var saved = HandWritten.completed
        saved.state.message["finish_reason"] = "cancelled"
        #expect(saved.kinds == [.endingsDisagree])
        var errored = HandWritten.completed
        errored.history.events[place].kind = .errored
        #expect(errored.kinds == [.endingsDisagree])
    }

    @Test func aLogThatGoesOnBehindItsEnding() {
        var story = HandWritten.completed
        story.state.log.append(
            FinalState.Entry(id: EntryID(attempt: 2, index: 0), kind: "a", fields: ["a": "worker-2-x"]))
        #expect(story.kinds == [.endingsDisagree])
    }

    @Test func aClientThatWaitsInVain() {
        var story = HandWritten.completed
        story.history.events.removeAll { $0.kind == .completed }
        #expect(story.kinds == [.noEnding])
        story.note(.abandoned)
        #expect(story.kinds.isEmpty)
    }

    @Test func aRequestThatIsLost() {
        var story = HandWritten.completed
        story.history.state.requests = [:]
        #expect(story.kinds.contains(.lostRequest))
        var other = HandWritten.completed
        other.at(2.5)
        other.note(.resumeSent, by: "client-2") { $0.cursor = nil }
        other.note(.refused, by: "client-2") { $0.outcome = "MESSAGE_NOT_FOUND" }
        other.note(.abandoned, by: "client-2")
        #expect(other.kinds == [.lostRequest])
        // Asked before anybody was told of the start.
        let place = other.history.events.lastIndex { $0.kind == .resumeSent }!
        other.history.events[place].at = HandWritten.second
        #expect(other.kinds.isEmpty)
    }

    @Test func aRequestThatWasNeverQueuedWaitsForItsClient() {
        var story = HandWritten()
        story.at(1)
        story.sent()
        story.note(.abandoned)
        story.state.fields = ["state": "queued", "attempt": "0"]
        #expect(HistoryChecker.check(story.history).isEmpty)
        story.state.fields["job"] = "1-1"
        #expect(story.kinds == [.noEnding])
    }

    @Test func anAnswerThatFailed() {
        var story = HandWritten.completed
        story.redis("failed", said: [(1, 1, "0 "), (1, 2, "1 "), (1, 3, "2 ")], endedAt: 1.9)
        #expect(story.kinds.contains(.needlessFailure))
    }

    // MARK: Generators

    @Test func aTokenAfterTheStopWasHeard() {
        var story = HandWritten.cancelled()
        story.at(2.06)
        story.journal(.token, index: 2)
        #expect(story.kinds == [.orphan])
    }

    @Test func aGeneratorThatCountsWrong() {
        var story = HandWritten.completed
        let place = story.history.journals.lastIndex { $0.event == .token }!
        story.history.journals[place].index = 3
        #expect(story.kinds == [.inexactText])
    }

    @Test func aTokenLongAfterTheTakeover() {
        func story(lastWord: Double) -> HandWritten {
            var story = HandWritten.completed
            story.at(1.3)
            story.journal(.started, attempt: 2, node: "worker-2", tokens: 3)
            story.history.journals.removeAll { $0.event == .ended || $0.event == .left }
            story.history.events.removeAll { $0.kind == .settled }
            story.at(lastWord)
            story.journal(.token, index: 3)
            story.state.fields["ended_at"] = "\(30 * HandWritten.second)"
            return story
        }
        #expect(story(lastWord: 16).kinds.isEmpty)
        #expect(story(lastWord: 17).kinds == [.orphan])
        // It was suspended: its time begins when it wakes.
        var suspended = story(lastWord: 24)
        suspended.at(1.2)
        suspended.fault(.faultBegan, 1, node: "worker-1")
        suspended.at(10)
        suspended.fault(.faultEnded, 1, node: "worker-1")
        #expect(suspended.kinds.isEmpty)
        suspended.history.events[suspended.history.events.count - 2].node = "worker-2"
        suspended.history.events[suspended.history.events.count - 1].node = "worker-2"
        #expect(suspended.kinds == [.orphan])
    }

    @Test func aTokenLongAfterTheEndingAndOneWhenAllIsToBeAtRest() {
        var story = HandWritten.completed
        story.history.journals.removeAll { $0.event == .ended || $0.event == .left }
        story.at(2.9)
        story.journal(.token, index: 3)
        #expect(story.kinds.isEmpty)
        story.at(3.1)
        story.journal(.token, index: 4)
        #expect(story.kinds == [.orphan])
        story.history.events.removeAll { $0.kind == .settled }
        #expect(story.kinds.isEmpty)
        story.at(20)
        story.journal(.token, index: 5)
        #expect(story.kinds == [.orphan])
    }

    // MARK: What is left

    @Test func whatIsLeftBehind() {
        var story = HandWritten.completed
        story.history.state.keysWithoutTimeToLive = ["jobs:default"]
        #expect(story.kinds == [.immortalKey])
        story.history.state.keysWithoutTimeToLive = []
        story.history.state.pendingJobs = ["1-1 of worker-1"]
        #expect(story.kinds == [.pendingJob])
        story.history.state.pendingJobs = []
        story.history.state.waitingJobs = 1
        #expect(story.kinds == [.pendingJob])
        story.history.state.waitingJobs = 0
        story.history.state.running = ["worker-1: \(HandWritten.id)"]
        #expect(story.kinds == [.orphan])
    }

    @Test func aProcessThatEndedByItself() {
        var story = HandWritten.completed
        var event = HistoryEvent(at: 5, .crashed, by: "director")
        event.node = "worker-1"
        story.history.events.append(event)
        #expect(story.kinds == [.crash])
    }

    @Test func theFirstViolationComesFirst() {
        var story = HandWritten.completed
        story.history.state.pendingJobs = ["1-1 of worker-1"]
        story.at(2.5)
        story.completed()
        #expect(HistoryChecker.check(story.history).map(\.kind) == [.endingsDisagree, .pendingJob])
    }
}

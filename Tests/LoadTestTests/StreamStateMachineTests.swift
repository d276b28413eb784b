import Histogram
import Shared
import Testing

@testable import LoadTest

@Suite struct StreamStateMachineTests {
    @Test func anAnswerIsReadToItsEnd() {
        let lab = StreamLab(tokens: 3)
        #expect(lab.sent() == .none)
        lab.started(at: 400)
        #expect(lab.chunk(1, "0@\(StreamLab.wall + 900) ", at: 1000) == .none)
        #expect(lab.chunk(2, "1@\(StreamLab.wall + 2000) 2@\(StreamLab.wall + 2100) ", at: 3000) == .none)
        #expect(lab.ends(tokens: 3, at: 3500) == .done)
        #expect(lab.only(.accepted) == 400)
        #expect(lab.only(.firstChunk) == 1000)
        #expect(lab.only(.gap) == 2000)
        #expect(lab.only(.answer) == 3500)
        let latency = lab.measured.histograms[.latency]
        #expect(latency.totalCount == 3 && (100_000...100_400).contains(latency.min))
        #expect((999_000...1_001_000).contains(latency.maxRecorded))
        #expect(lab.checks.isEmpty)
        #expect(lab.measured.counters[.tokens] == 3 && lab.measured.counters[.completed] == 1)
    }

    @Test func aStopIsMeasuredInItsPhases() {
        let lab = StreamLab(.stopLater(after: 1_000_000))
        _ = lab.sent()
        lab.started(at: 100)
        _ = lab.chunk(1, "0@\(StreamLab.wall + 150) ", at: 200)
        // The timer came 50 µs late: that is the client's fault, and the stop's latency all the same.
        #expect(lab.stops(due: 1000, at: 1050))
        #expect(!lab.stops(due: 1000, at: 1060))
        _ = lab.chunk(2, "1@\(StreamLab.wall + 1040) 2@\(StreamLab.wall + 1200) ", at: 1300)
        #expect(lab.acknowledged(at: 1500) == .none)
        #expect(lab.ends("cancelled", tokens: 3, observedAt: 1400, at: 1900) == .done)
        #expect(lab.only(.stopAcknowledged) == 500)
        #expect(lab.only(.stopObserved) == 400)
        #expect(lab.only(.stopLastChunk) == 300)
        #expect(lab.only(.stopSettled) == 900)
        #expect(lab.measured.histograms[.lateTokens].maxRecorded == 1)
        #expect(lab.measured.counters[.lateTokens] == 1 && lab.measured.counters[.stopped] == 1)
        #expect(lab.only(.answer) == nil)
        #expect(lab.checks.isEmpty)
    }

    @Test func theAnswerWaitsForTheAcknowledgementOfItsStop() {
        let lab = StreamLab(.stop(afterTokens: 1), tokens: 2)
        _ = lab.sent()
        lab.started(at: 1)
        #expect(lab.chunk(1, "0 ", at: 10) == .sendStop)
        #expect(lab.stops(due: 10, at: 10))
        _ = lab.chunk(2, "1 ", at: 12)
        #expect(lab.ends(tokens: 2, at: 20) == .none)
        #expect(lab.acknowledged(.alreadyCompleted, at: 30) == .done)
        #expect(lab.only(.stopAcknowledged) == 20 && lab.only(.stopSettled) == nil)
        #expect(lab.checks.isEmpty)
    }

    @Test func aStopMayLeaveWithTheRequest() {
        let lab = StreamLab(.stop(afterTokens: 0))
        #expect(lab.sent() == .sendStop)
        #expect(lab.stops(due: 0, at: 0))
        lab.started(at: 5)
        #expect(lab.acknowledged(.dequeued, at: 6) == .none)
        #expect(lab.ends("cancelled", tokens: 0, observedAt: 7, at: 9) == .done)
        #expect(lab.only(.stopLastChunk) == 0 && lab.checks.isEmpty)
    }

    @Test func aLostConnectionIsResumedAtTheCursor() {
        let lab = StreamLab(.resume(afterTokens: 2))
        _ = lab.sent()
        #expect(lab.stream.recovery == .init(command: .send, repeatsStop: false))
        lab.started(at: 5)
        _ = lab.chunk(1, "0 ", at: 10)
        #expect(lab.chunk(2, "1 ", at: 20) == .loseConnection)
        lab.stream.connectionLost(at: StreamLab.moment(20).nanoseconds)
        let after = EntryID(attempt: 1, index: 2)
        #expect(lab.stream.recovery == .init(command: .resume(after: after), repeatsStop: false))
        #expect(lab.stops(due: 30, at: 30))
        #expect(lab.stream.recovery == .init(command: .resume(after: after), repeatsStop: true))
        lab.started(at: 1020)
        #expect(lab.only(.resume) == 1000)
        _ = lab.chunk(3, "2 3 ", at: 1030)
        _ = lab.acknowledged(at: 1040)
        #expect(lab.ends("cancelled", tokens: 4, observedAt: 1000, at: 1100) == .done)
        // Its client was away: its times say nothing of the server.
        #expect(lab.only(.gap) == 10 && lab.only(.stopAcknowledged) == nil && lab.only(.stopSettled) == nil)
        #expect(lab.checks.isEmpty)
    }

    @Test func anAbandonedAnswerIsLeft() {
        let lab = StreamLab(.abandon(afterTokens: 1))
        _ = lab.sent()
        lab.started(at: 5)
        #expect(lab.chunk(1, "0 ", at: 10) == .abandon)
    }

    @Test func aRestartBeginsAnew() {
        let lab = StreamLab(tokens: 2)
        lab.started(at: 1)
        _ = lab.chunk(1, "0 1 ", at: 10)
        lab.stream.restarted(EntryID(attempt: 2, index: 1), &lab.measured)
        _ = lab.chunk(2, "0 1 ", at: 20, attempt: 2)
        #expect(lab.ends(tokens: 2, at: 30) == .done && lab.checks.isEmpty)
    }

    @Test func whatBeginsAfterTheEndDoesNotCount() {
        let lab = StreamLab()
        lab.measured.end = StreamLab.due + 1_000_000
        lab.started(at: 1500)
        _ = lab.chunk(1, "0@\(StreamLab.wall + 900) ", at: 2000)
        _ = lab.chunk(2, "1@\(StreamLab.wall + 2900) ", at: 3000)
        // The request and the first token are of the load, however late they came; the rest is not.
        #expect(lab.only(.accepted) == 1500 && lab.only(.firstChunk) == 2000 && lab.only(.latency) == 1100)
        #expect(lab.only(.gap) == nil)
        #expect(lab.stops(due: 3100, at: 3100))
        _ = lab.acknowledged(at: 3200)
        #expect(lab.ends("cancelled", tokens: 2, observedAt: 3150, at: 3300) == .done)
        #expect(lab.only(.stopAcknowledged) == nil && lab.only(.stopSettled) == nil)
    }

    @Test func aRefusalEndsIt() {
        let lab = StreamLab()
        #expect(lab.stream.refused(at: StreamLab.due, &lab.measured) == .done)
        #expect(lab.stream.wasRefused && lab.measured.counters[.refused] == 1 && lab.checks.isEmpty)
    }
}

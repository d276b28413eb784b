import Shared
import Testing

@testable import LoadTest

/// What a frontend must not do, and by which name it is told.
@Suite struct StreamViolationTests {
    private func running(_ behaviour: Behaviour = .read) -> StreamLab {
        let lab = StreamLab(behaviour)
        lab.started(at: 1)
        _ = lab.chunk(1, "0 ", at: 10)
        _ = lab.chunk(2, "1 ", at: 20)
        return lab
    }

    @Test func aChunkIsDropped() {
        let lab = running()
        _ = lab.chunk(4, "3 ", at: 30)
        _ = lab.chunk(5, "4 ", at: 30)
        #expect(lab.ends(tokens: 5, at: 40) == .done)
        #expect(lab.checks == [.chunkMissing: 1])
    }

    @Test func theLastChunkIsDropped() {
        let lab = running()
        #expect(lab.ends(tokens: 5, at: 40) == .done)
        #expect(lab.checks == [.chunkMissing: 1])
    }

    @Test func aChunkIsRepeated() {
        let lab = running()
        _ = lab.chunk(2, "1 ", at: 30)
        _ = lab.chunk(3, "1 ", at: 30)
        #expect(lab.checks == [.chunkRepeated: 2])
    }

    @Test func aChunkIsAltered() {
        let lab = running()
        _ = lab.chunk(3, "two ", at: 30)
        #expect(lab.checks == [.textWrong: 1])
    }

    @Test func aChunkFollowsTheAcknowledgement() {
        let lab = running()
        #expect(lab.stops(due: 25, at: 25))
        _ = lab.acknowledged(at: 30)
        _ = lab.chunk(3, "2 ", at: 31)
        #expect(lab.checks == [.chunkAfterAcknowledgement: 1])
        #expect(lab.measured.counters[.chunksAfterStop] == 1)
    }

    @Test(arguments: [StopOutcome.stopped, .dequeued, .alreadyStopped])
    func anAcknowledgedStopDoesNotStop(_ outcome: StopOutcome) {
        let lab = running()
        #expect(lab.stops(due: 25, at: 25))
        _ = lab.acknowledged(outcome, at: 30)
        #expect(lab.ends("length", tokens: 2, at: 40) == .done)
        #expect(lab.checks == [.stopNotCarriedOut: 1])
    }

    @Test func anAcknowledgedStopFailsIt() {
        let lab = running()
        #expect(lab.stops(due: 25, at: 25))
        _ = lab.acknowledged(at: 30)
        #expect(lab.stream.failed(at: StreamLab.due, &lab.measured) == .done)
        #expect(lab.checks == [.stopNotCarriedOut: 1])
    }

    @Test func anAcknowledgedStopDoesNotEndIt() {
        let lab = running()
        #expect(lab.stops(due: 25, at: 25))
        _ = lab.acknowledged(at: 30)
        lab.stream.checkPatience(1_000_000, at: StreamLab.moment(1030).nanoseconds, &lab.measured)
        #expect(lab.checks.isEmpty)
        lab.stream.checkPatience(1_000_000, at: StreamLab.moment(1031).nanoseconds, &lab.measured)
        lab.stream.checkPatience(1_000_000, at: StreamLab.moment(1032).nanoseconds, &lab.measured)
        #expect(lab.checks == [.stopNotCarriedOut: 1])
        lab.stream.gaveUp(&lab.measured)
        #expect(lab.checks == [.stopNotCarriedOut: 1, .endingMissing: 1])
    }

    @Test func aStopIsNotAnswered() {
        let lab = running()
        #expect(lab.stops(due: 25, at: 25))
        lab.stream.checkPatience(1_000_000, at: StreamLab.moment(2000).nanoseconds, &lab.measured)
        #expect(lab.checks == [.stopUnacknowledged: 1])
    }

    @Test func itEndsTwiceAndGoesOn() {
        let lab = running(.stop(afterTokens: 5))
        #expect(lab.stops(due: 25, at: 25))
        #expect(lab.ends("cancelled", tokens: 2, at: 40) == .none)
        #expect(lab.ends("cancelled", tokens: 2, at: 41) == .none)
        _ = lab.chunk(3, "2 ", at: 42)
        #expect(lab.checks == [.afterEnding: 2])
    }

    @Test func itDoesNotEnd() {
        let lab = running()
        lab.stream.gaveUp(&lab.measured)
        #expect(lab.checks == [.endingMissing: 1])
    }

    @Test func theEndingDoesNotFit() {
        let short = running()
        #expect(short.ends(tokens: 2, at: 40) == .done)
        let wrong = running()
        #expect(wrong.ends("length", tokens: 1, at: 40) == .done)
        let late = running()
        #expect(late.stops(due: 25, at: 25))
        _ = late.ends("cancelled", tokens: 2, at: 40)
        _ = late.acknowledged(.alreadyCompleted, at: 50)
        for lab in [short, wrong, late] { #expect(lab.checks == [.endingWrong: 1]) }
    }

    @Test func aChunkComesBeforeTheStart() {
        let lab = StreamLab()
        _ = lab.chunk(1, "0 ", at: 10)
        #expect(lab.checks == [.protocolBroken: 1])
    }
}

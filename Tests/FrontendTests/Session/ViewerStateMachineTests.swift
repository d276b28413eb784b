import Shared
import Testing

@testable import Frontend

@Suite("ViewerStateMachine")
struct ViewerStateMachineTests {
    @Test func stopsWhenTheGraceIsOverAndNobodyWatches() {
        var machine = ViewerStateMachine(policy: .grace(seconds: 30))
        #expect(machine.viewerJoined() == .none)
        #expect(machine.viewerJoined() == .none)
        #expect(machine.viewerLeft() == .none)
        #expect(machine.viewerLeft() == .arm(milliseconds: 30_000))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 29_998) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 30_250) == .stop)
        #expect(machine.viewerJoined() == .none)
        #expect(machine.viewerLeft() == .none)
    }

    @Test func waitsWhileOthersWatch() {
        var machine = ViewerStateMachine(policy: .stop)
        _ = machine.viewerJoined()
        #expect(machine.viewerLeft() == .count)
        #expect(machine.counted(1) == .arm(milliseconds: 100))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(nil) == .arm(milliseconds: 200))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 0) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 250) == .stop)
    }

    @Test func oneThatIsDeafForAMomentStillWatches() {
        var machine = ViewerStateMachine(policy: .stop)
        _ = machine.viewerJoined()
        #expect(machine.viewerLeft() == .count)
        #expect(machine.counted(0) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(1) == .arm(milliseconds: 100))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0) == .stop)
    }

    @Test func whoeverLeftLastHasTheWholeGrace() {
        var machine = ViewerStateMachine(policy: .grace(seconds: 30))
        _ = machine.viewerJoined()
        #expect(machine.viewerLeft() == .arm(milliseconds: 30_000))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 1000) == .arm(milliseconds: 29_000))
        #expect(machine.timerFired() == .count)
        // The clock of Redis was put back.
        #expect(machine.counted(0, sinceLeaving: -5000) == .arm(milliseconds: 30_000))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 30_000) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0, sinceLeaving: 100) == .arm(milliseconds: 29_900))
    }

    /// Its node was killed: nobody noted its leaving.
    @Test func aViewerThatLeftAnotherNodeHasItsGraceToo() {
        var machine = ViewerStateMachine(policy: .grace(seconds: 30))
        _ = machine.viewerJoined()
        #expect(machine.viewerLeft() == .arm(milliseconds: 30_000))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(1) == .arm(milliseconds: 100))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(nil) == .arm(milliseconds: 200))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0) == .arm(milliseconds: 30_000))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0) == .arm(milliseconds: 250))
        #expect(machine.timerFired() == .count)
        #expect(machine.counted(0) == .stop)
    }

    @Test func isDisarmedByAViewer() {
        var machine = ViewerStateMachine(policy: .grace(seconds: 1))
        _ = machine.viewerJoined()
        _ = machine.viewerLeft()
        #expect(machine.viewerJoined() == .disarm)
        #expect(machine.timerFired() == .none)
        _ = machine.viewerLeft()
        _ = machine.timerFired()
        #expect(machine.viewerJoined() == .none)
        #expect(machine.counted(0) == .none)
    }

    @Test func leavesARequestThatGoesOnForItself() {
        var machine = ViewerStateMachine(policy: .continue)
        _ = machine.viewerJoined()
        #expect(machine.viewerLeft() == .none)
        #expect(machine.timerFired() == .none)
    }

    @Test func goesByThePolicyOfTheRequestOnceThatIsKnown() {
        var machine = ViewerStateMachine(policy: .stop)
        _ = machine.viewerJoined()
        #expect(machine.learned(.grace(seconds: 3)) == .none)
        #expect(machine.viewerLeft() == .arm(milliseconds: 3000))
        #expect(machine.learned(.grace(seconds: 3)) == .none)
        #expect(machine.learned(.grace(seconds: 9)) == .arm(milliseconds: 9000))
        #expect(machine.learned(.stop) == .count)
        #expect(machine.learned(.continue) == .disarm)
        #expect(machine.counted(0) == .none)
        #expect(machine.timerFired() == .none)
        #expect(machine.released() == .none)
        #expect(machine.learned(.stop) == .none)
    }

    @Test func decidesNothingOnceReleased() {
        var machine = ViewerStateMachine(policy: .grace(seconds: 1))
        _ = machine.viewerJoined()
        _ = machine.viewerLeft()
        #expect(machine.released() == .disarm)
        #expect(machine.timerFired() == .none)
        #expect(machine.counted(0) == .none)
        #expect(machine.viewerJoined() == .none)
        #expect(machine.viewerLeft() == .none)
        #expect(machine.released() == .none)
    }
}

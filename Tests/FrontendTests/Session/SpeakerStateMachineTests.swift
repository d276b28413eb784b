import Shared
import Testing

@testable import Frontend

@Suite("SpeakerStateMachine")
struct SpeakerStateMachineTests {
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }
    private func ada(until end: Int64? = 10) -> Identity { Identity(owner: "ada", expiresAt: end.map(time)) }

    @Test func waitsForATokenAndThenForItsEnd() {
        var machine = SpeakerStateMachine(.awaited)
        #expect(machine.opened() == .ask)
        #expect(machine.identity == nil)
        #expect(machine.commandReceived(now: time(1)) == .refuse(.missing))
        #expect(machine.tokenReceived(.success(ada())) == .accept(ada()))
        #expect(machine.commandReceived(now: time(9)) == .carryOut)
        #expect(machine.timerFired(now: time(9)) == .wait(until: time(10)))
        #expect(machine.tokenReceived(.success(ada(until: 20))) == .accept(ada(until: 20)))
        #expect(machine.commandReceived(now: time(10)) == .carryOut)
        #expect(machine.timerFired(now: time(20)) == .close(.expired))
        #expect(machine.identity == ada(until: 20))
        #expect(machine.commandReceived(now: time(20)) == .refuse(.expired))
        #expect(machine.tokenReceived(.success(ada(until: 30))) == .ignore)
        #expect(machine.timerFired(now: time(21)) == .none)
    }

    @Test func closesOnAFirstTokenThatIsNoGood() {
        var machine = SpeakerStateMachine(.awaited)
        #expect(machine.tokenReceived(.failure(.signature)) == .close(.signature))
        #expect(machine.tokenReceived(.success(ada())) == .ignore)
        #expect(machine.commandReceived(now: time(1)) == .refuse(.signature))
        #expect(machine.identity == nil)
    }

    @Test func closesWhenTheTimeIsOver() {
        var machine = SpeakerStateMachine(.awaited)
        #expect(machine.timerFired(now: time(1)) == .close(.missing))
        #expect(machine.timerFired(now: time(2)) == .none)
    }

    @Test func keepsItsOwner() {
        var machine = SpeakerStateMachine(.known(ada()))
        #expect(machine.opened() == .welcome(until: time(10)))
        #expect(machine.tokenReceived(.success(Identity(owner: "eve"))) == .refuseOther)
        #expect(machine.tokenReceived(.failure(.expired)) == .refuse(.expired))
        #expect(machine.identity == ada())
        #expect(machine.commandReceived(now: time(9)) == .carryOut)
        // The clock tells before the timer does.
        #expect(machine.commandReceived(now: time(10)) == .close(.expired))
    }

    @Test func welcomesWhoNeedsNoToken() {
        var machine = SpeakerStateMachine(.known(.anonymous))
        #expect(machine.opened() == .welcome(until: nil))
        #expect(machine.commandReceived(now: time(1 << 40)) == .carryOut)
        #expect(machine.timerFired(now: time(1 << 40)) == .none)
        #expect(machine.tokenReceived(.success(.anonymous)) == .accept(.anonymous))
    }

    @Test func refusesABadTokenAtOnce() {
        var machine = SpeakerStateMachine(.refused(.expired))
        #expect(machine.opened() == .refuse(.expired))
        #expect(machine.commandReceived(now: time(1)) == .refuse(.expired))
        #expect(machine.timerFired(now: time(1)) == .none)
    }
}

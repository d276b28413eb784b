import Shared
import Testing

@testable import Worker

@Suite struct GenerationStateMachineTests {
    private typealias Machine = GenerationStateMachine

    @Test func aStopHeardAfterTheLastTokenWinsOverTheEndingDecidedOn() {
        var machine = Machine()
        _ = machine.claimed()
        _ = machine.generatorEnded(.finished(reason: "stop", usage: nil))
        let ending = AttemptEnding(state: .completed, finishReason: "stop")
        #expect(machine.endingDue(ending) == ending)
        _ = machine.stopRequested(Self.user, now: 1)
        #expect(machine.endingDue(ending).state == .cancelled)
        #expect(machine.endingDue(ending).stop == Self.user)
    }

    private static let user = StopIntent(by: .user, reason: "enough")
    private static let kill = StopIntent(mode: .kill, by: .operator)

    /// Every state, and how it is reached.
    private static let states: [(name: String, machine: Machine)] = [
        ("claiming", Machine()),
        ("claiming, stopped", machine { _ = $0.stopRequested(user, now: 1) }),
        ("claiming, asked back", machine { _ = $0.releaseRequested() }),
        ("running", machine { _ = $0.claimed() }),
        (
            "expiring",
            machine {
                _ = $0.claimed(); _ = $0.expired()
            }
        ),
        (
            "stopping",
            machine {
                _ = $0.claimed(); _ = $0.stopRequested(user, now: 1)
            }
        ),
        (
            "releasing",
            machine {
                _ = $0.claimed(); _ = $0.releaseRequested()
            }
        ),
        (
            "finishing",
            machine {
                _ = $0.claimed(); _ = $0.generatorEnded(finished)
            }
        ),
        (
            "released",
            machine {
                _ = $0.claimed(); _ = $0.releaseRequested(); _ = $0.releaseAnswered(.held, now: 1)
            }
        ),
        (
            "fenced",
            machine {
                _ = $0.claimed(); _ = $0.leaseLost()
            }
        ),
        (
            "ended",
            machine {
                _ = $0.claimed(); _ = $0.generatorEnded(finished); _ = $0.finishAnswered(completed)
            }
        ),
    ]

    private static let finished = Machine.Result.finished(reason: "stop", usage: nil)
    private static let completed = Ending(state: .completed, finishReason: "stop")
    private static let cancelledByUser = AttemptEnding(state: .cancelled, finishReason: "cancelled", stop: user)
    private static let completedEnding = AttemptEnding(state: .completed, finishReason: "stop")

    private static func machine(_ body: (inout Machine) -> Void) -> Machine {
        var machine = Machine()
        body(&machine)
        return machine
    }

    private static func table<Answer: Equatable>(
        _ expected: [String: Answer], else other: Answer, _ event: (inout Machine) -> Answer
    ) {
        for (name, state) in states {
            var machine = state
            #expect(event(&machine) == expected[name] ?? other, "in \(name)")
        }
    }

    @Test func aStopInEveryState() {
        Self.table(
            [
                "claiming": .stopGenerator(.stop), "claiming, stopped": .stopGenerator(.stop),
                "claiming, asked back": .stopGenerator(.stop), "running": .stopGenerator(.stop),
                "expiring": .stopGenerator(.stop), "releasing": .stopGenerator(.stop),
            ], else: Machine.StopAction.none
        ) { $0.stopRequested(Self.user, now: 5) }
    }

    @Test func aKillInEveryState() {
        Self.table(
            [
                "claiming": .stopGenerator(.kill), "claiming, stopped": .stopGenerator(.kill),
                "claiming, asked back": .stopGenerator(.kill), "running": .stopGenerator(.kill),
                "expiring": .stopGenerator(.kill), "stopping": .stopGenerator(.kill),
                "releasing": .stopGenerator(.kill),
            ], else: Machine.StopAction.none
        ) { $0.stopRequested(Self.kill, now: 5) }
    }

    @Test func aSealInEveryState() {
        Self.table(
            ["running": .stopGenerator(.stop), "expiring": .stopGenerator(.stop)], else: Machine.StopAction.none
        ) { $0.sealed(now: 5) }
    }

    @Test func theLossOfTheLeaseInEveryState() {
        Self.table(["running": true, "expiring": true, "stopping": true, "releasing": true], else: false) {
            $0.leaseLost()
        }
    }

    @Test func theEndOfItsTimeInEveryState() {
        Self.table(["running": true], else: false) { $0.expired() }
    }

    @Test func theDrainInEveryState() {
        Self.table(["running": true], else: false) { $0.releaseRequested() }
    }

    @Test func theEndOfTheGeneratorInEveryState() {
        Self.table(
            [
                "running": .finish(Self.completedEnding, flushes: true),
                "expiring": .finish(AttemptEnding(state: .expired, finishReason: "expired"), flushes: true),
                "stopping": .finish(Self.cancelledByUser, flushes: false),
                "releasing": .finish(Self.completedEnding, flushes: true),
            ], else: Machine.EndAction.none
        ) { $0.generatorEnded(Self.finished) }
    }

    @Test func theAnswersToAReleaseInEveryState() {
        Self.table(["releasing": Self.cancelledByUser], else: nil) { $0.releaseAnswered(.stopped(Self.user), now: 5) }
        Self.table([:], else: AttemptEnding?.none) { $0.releaseAnswered(.held, now: 5) }
        Self.table([:], else: AttemptEnding?.none) { $0.releaseAnswered(.lost, now: 5) }
    }

    @Test func theAnswersToAFinishInEveryState() {
        Self.table(["finishing": true], else: false) { $0.finishAnswered(Self.completed) }
        Self.table([:], else: false) { $0.finishAnswered(nil) }
    }

    @Test func theClaim() {
        var machine = Machine()
        #expect(machine.claimed() == .generate)
        #expect(machine.isSpeaking && machine.name == "running")
        machine = Self.machine { _ = $0.releaseRequested() }
        #expect(machine.claimed() == .release)
        machine = Self.machine {
            _ = $0.releaseRequested(); _ = $0.stopRequested(Self.user, now: 1)
        }
        #expect(machine.claimed() == .finish(Self.cancelledByUser))
        machine = Machine()
        #expect(machine.claimRefused(.cancelled) == .acknowledge)
        #expect(machine.isEnded && machine.name == "cancelled")
    }

    @Test func aKillSharpensAStopAndKeepsItsReason() {
        var machine = Self.machine {
            _ = $0.claimed(); _ = $0.stopRequested(Self.user, now: 1)
        }
        _ = machine.stopRequested(Self.kill, now: 2)
        var sharpened = Self.user
        sharpened.mode = .kill
        #expect(machine.stop == Machine.Stop(intent: sharpened, heardAt: 1))
    }

    @Test func aSealKeepsItsTimeWhenTheIntentComes() {
        var machine = Self.machine {
            _ = $0.claimed(); _ = $0.sealed(now: 1)
        }
        #expect(machine.stop == Machine.Stop(intent: nil, heardAt: 1))
        #expect(machine.stopRequested(Self.user, now: 2) == .none)
        #expect(machine.stop == Machine.Stop(intent: Self.user, heardAt: 1))
    }

    @Test func aStopDuringTheReleaseIsHonoured() {
        var machine = Self.machine {
            _ = $0.claimed(); _ = $0.releaseRequested(); _ = $0.stopRequested(Self.user, now: 1)
        }
        #expect(machine.generatorEnded(.interrupted) == .release)
        #expect(machine.releaseAnswered(.stopped(Self.user), now: 2) == Self.cancelledByUser)
        let isDone = machine.finishAnswered(Ending(state: .cancelled, finishReason: "cancelled"))
        #expect(isDone)
        #expect(machine.isEnded && machine.name == "cancelled")
    }

    @Test func aStopWhileTheTimeEndsIsHonoured() {
        var machine = Self.machine {
            _ = $0.claimed(); _ = $0.expired()
        }
        #expect(!machine.isSpeaking && machine.stop == nil && machine.name == "expiring")
        #expect(machine.stopRequested(Self.user, now: 2) == .stopGenerator(.stop))
        #expect(machine.generatorEnded(.interrupted) == .finish(Self.cancelledByUser, flushes: false))
        // Or between the end of the generator and the ending.
        machine = Self.machine {
            _ = $0.claimed(); _ = $0.expired(); _ = $0.generatorEnded(.interrupted)
        }
        let expired = AttemptEnding(state: .expired, finishReason: "expired")
        #expect(machine.endingDue(expired) == expired)
        #expect(machine.stopRequested(Self.user, now: 2) == .none)
        #expect(machine.endingDue(expired) == Self.cancelledByUser)
        let isDone = machine.finishAnswered(Ending(state: .cancelled, finishReason: "cancelled"))
        #expect(isDone && machine.name == "cancelled")
    }

    @Test func aFencedFinishIsNotAcknowledged() {
        var machine = Self.machine {
            _ = $0.claimed(); _ = $0.generatorEnded(Self.finished)
        }
        #expect(machine.finishAnswered(nil) == false)
        #expect(machine.name == "fenced")
    }
}

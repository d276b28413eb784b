import Shared
import Testing

@Suite struct RedisConnectionStateMachineTests {
    private typealias Machine = RedisConnectionStateMachine

    private func machine(_ reconnecting: Machine.Reconnecting = .always) -> Machine {
        Machine(backoff: Backoff(minimum: 10, maximum: 1_000), reconnecting: reconnecting, steps: 2)
    }

    @Test func theGoodLife() {
        var machine = machine()
        #expect(machine.wanted() == .connect)
        #expect(machine.opened() == .sendHandshake)
        #expect(machine.replied() == .handshake(step: 0))
        #expect(machine.handshakeStepAnswered(.good, now: 0) == .none)
        #expect(machine.replied() == .handshake(step: 1))
        #expect(machine.isReady == false)
        #expect(machine.handshakeStepAnswered(.good, now: 0) == .becomeReady)
        #expect(machine.isReady == true)
        #expect(machine.replied() == .deliver)
        #expect(machine.closeRequested() == .closeConnection)
        #expect(machine.isClosed == true)
    }

    @Test func aRefusedHandshakeIsTriedAgainLaterAndLater() {
        var machine = machine()
        #expect(machine.wanted() == .connect)
        for wait: Int64 in [14, 23, 41, 77] {
            #expect(machine.opened() == .sendHandshake)
            #expect(machine.handshakeStepAnswered(.refused, now: 0) == .close)
            let action = machine.lost(now: 0, random: 0.45)
            #expect(action == .retry(after: wait))
            #expect(machine.wanted() == .none)
            #expect(machine.retryTimerFired() == .connect)
        }
    }

    @Test func onlyAConnectionThatLastedResetsTheBackoff() {
        var machine = machine()
        _ = machine.wanted()
        func live(_ machine: inout Machine, for time: Int64) -> Machine.LostAction {
            _ = machine.opened()
            _ = machine.handshakeStepAnswered(.good, now: 0)
            _ = machine.handshakeStepAnswered(.good, now: 0)
            let action = machine.lost(now: time, random: 0.999_999)
            _ = machine.retryTimerFired()
            return action
        }
        #expect(live(&machine, for: 5) == .retry(after: 19))
        #expect(live(&machine, for: 5) == .retry(after: 39))
        #expect(live(&machine, for: Machine.provenAfter) == .retry(after: 19))
        #expect(live(&machine, for: 5) == .retry(after: 39))
    }

    @Test func onDemandItConnectsWhenWantedAgain() {
        var machine = machine(.onDemand)
        #expect(machine.wanted() == .connect)
        #expect(machine.lost(now: 0, random: 0) == .retry(after: 10))
        #expect(machine.retryTimerFired() == .none)
        #expect(machine.wanted() == .connect)
        #expect(machine.lost(now: 0, random: 0) == .retry(after: 10))
        #expect(machine.wanted() == .none)
        #expect(machine.retryTimerFired() == .connect)
    }

    @Test func aRetiringConnectionDeliversButIsNotReady() {
        var machine = machine()
        Self.lead(&machine, to: .ready)
        #expect(machine.retired() == true)
        #expect(machine.isRetiring == true)
        #expect(machine.isReady == false)
        #expect(machine.retired() == false)
        #expect(machine.replied() == .deliver)
        #expect(machine.lost(now: 0, random: 0) == .retry(after: 10))
    }

    // MARK: - Every state × every event

    enum Place: CaseIterable { case idle, connecting, handshaking, ready, retiring, backingOff, closed }
    enum Event: CaseIterable {
        case wanted, opened, replied, good, refused, retired, setupTimedOut, lost, retryTimerFired, closeRequested
    }

    private static func lead(_ machine: inout Machine, to place: Place) {
        switch place {
        case .idle: break
        case .connecting: _ = machine.wanted()
        case .handshaking:
            lead(&machine, to: .connecting)
            _ = machine.opened()
        case .ready:
            lead(&machine, to: .handshaking)
            _ = machine.handshakeStepAnswered(.good, now: 0)
            _ = machine.handshakeStepAnswered(.good, now: 0)
        case .retiring:
            lead(&machine, to: .ready)
            _ = machine.retired()
        case .backingOff:
            lead(&machine, to: .connecting)
            _ = machine.lost(now: 0, random: 0)
        case .closed: _ = machine.closeRequested()
        }
    }

    private static func send(_ event: Event, _ machine: inout Machine) -> String {
        switch event {
        case .wanted: "\(machine.wanted())"
        case .opened: "\(machine.opened())"
        case .replied: "\(machine.replied())"
        case .good: "\(machine.handshakeStepAnswered(.good, now: 0))"
        case .refused: "\(machine.handshakeStepAnswered(.refused, now: 0))"
        case .retired: "\(machine.retired())"
        case .setupTimedOut: "\(machine.setupTimedOut())"
        case .lost: "\(machine.lost(now: 0, random: 0))"
        case .retryTimerFired: "\(machine.retryTimerFired())"
        case .closeRequested: "\(machine.closeRequested())"
        }
    }

    @Test(arguments: Place.allCases) func everyEventInEveryState(place: Place) {
        // In the order of `Event`: wanted, opened, replied, good, refused, retired, setupTimedOut, lost, retryTimerFired, closeRequested.
        let expected: [Place: [String]] = [
            .idle: ["connect", "close", "close", "close", "close", "false", "none", "none", "none", "done"],
            .connecting: [
                "none", "sendHandshake", "close", "close", "close", "false", "close", "retry(after: 10)", "none",
                "closeConnection",
            ],
            .handshaking: [
                "none", "close", "handshake(step: 0)", "none", "close", "false", "close", "retry(after: 10)", "none",
                "closeConnection",
            ],
            .ready: [
                "none", "close", "deliver", "close", "close", "true", "none", "retry(after: 10)", "none",
                "closeConnection",
            ],
            .retiring: [
                "none", "close", "deliver", "close", "close", "false", "none", "retry(after: 10)", "none",
                "closeConnection",
            ],
            .backingOff: ["none", "close", "close", "close", "close", "false", "none", "none", "connect", "done"],
            .closed: ["none", "close", "close", "close", "close", "false", "none", "none", "none", "none"],
        ]
        var actions: [String] = []
        for event in Event.allCases {
            var machine = machine()
            Self.lead(&machine, to: place)
            actions.append(Self.send(event, &machine))
        }
        #expect(actions == expected[place])
    }
}

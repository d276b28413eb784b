import Shared
import TestSupport
import Testing

@Suite struct SubscriptionStateMachineTests {
    private typealias Machine = SubscriptionStateMachine

    private func connected() -> Machine {
        var machine = Machine(maximumChannels: 10)
        _ = machine.connected()
        return machine
    }

    @Test func firstSubscribesAndLastUnsubscribes() {
        var machine = connected()
        #expect(machine.subscribe("a", 1) == .send)
        #expect(machine.subscribe("a", 2) == .wait)
        #expect(machine.confirmed(.subscribe, "a") == .live(new: [1, 2], resumed: []))
        #expect(machine.subscribe("a", 3) == .confirm)
        #expect(machine.unsubscribe("a", 1) == .none)
        #expect(machine.unsubscribe("a", 2) == .none)
        #expect(machine.unsubscribe("a", 3) == .send)
        #expect(machine.unsubscribe("a", 3) == .none)
        #expect(machine.confirmed(.unsubscribe, "a") == .none)
        #expect(machine.channelCount == 0)
    }

    @Test func aHandlerThatComesWhileLeavingIsSubscribedAgain() {
        var machine = connected()
        _ = machine.subscribe("a", 1)
        #expect(machine.unsubscribe("a", 1) == .send)
        #expect(machine.subscribe("a", 2) == .send)
        #expect(machine.confirmed(.subscribe, "a") == .none, "that was for handler 1")
        #expect(machine.confirmed(.unsubscribe, "a") == .none)
        #expect(machine.confirmed(.subscribe, "a") == .live(new: [2], resumed: []))
    }

    @Test func aLossIsToldToWhoWasLiveAndMendedForAll() {
        var machine = connected()
        _ = machine.subscribe("a", 1)
        _ = machine.confirmed(.subscribe, "a")
        _ = machine.subscribe("b", 2)
        _ = machine.subscribe("c", 3)
        _ = machine.unsubscribe("c", 3)
        let lost = machine.disconnected()
        #expect(lost.map(\.channel) == ["a"] && lost.first?.handlers == [1])
        #expect(machine.disconnected().count == 0)
        #expect(machine.channelCount == 2)
        #expect(machine.subscribe("a", 4) == .wait)
        let names = machine.connected()
        #expect(Set(names) == ["a", "b"])
        for name in names {
            let action = machine.confirmed(.subscribe, name)
            #expect(action == (name == "a" ? .live(new: [4], resumed: [1]) : .live(new: [2], resumed: [])))
        }
    }

    @Test func aLossWhileMendingIsNotToldTwice() {
        var machine = connected()
        _ = machine.subscribe("a", 1)
        _ = machine.confirmed(.subscribe, "a")
        #expect(machine.disconnected().count == 1)
        _ = machine.connected()
        #expect(machine.disconnected().count == 0)
        _ = machine.connected()
        #expect(machine.confirmed(.subscribe, "a") == .live(new: [], resumed: [1]))
    }

    @Test func pingsAreAnsweredInTheirTurn() {
        var machine = connected()
        _ = machine.subscribe("a", 1)
        machine.pingSent()
        #expect(machine.confirmed(.subscribe, "a") == .live(new: [1], resumed: []))
        #expect(machine.confirmed(.pong, "") == .pong)
        machine.pingSent()
        #expect(machine.failed() == .pong)
    }

    @Test func aRefusedChannelIsGone() {
        var machine = connected()
        _ = machine.subscribe("a", 1)
        _ = machine.subscribe("b", 2)
        #expect(machine.failed() == .refused(channel: "a", [1]))
        #expect(machine.confirmed(.subscribe, "b") == .live(new: [2], resumed: []))
        #expect(machine.subscribe("a", 3) == .send)
    }

    @Test func whatWasNotAskedForIsAViolation() {
        var machine = connected()
        #expect(machine.confirmed(.subscribe, "a") == .violation)
        #expect(machine.failed() == .violation)
        _ = machine.subscribe("a", 1)
        #expect(machine.confirmed(.subscribe, "b") == .violation)
        _ = machine.subscribe("c", 1)
        #expect(machine.confirmed(.unsubscribe, "c") == .violation)
    }

    @Test func channelsAndOutstandingAnswersAreBounded() {
        var machine = Machine(maximumChannels: 2)
        _ = machine.connected()
        #expect(machine.subscribe("a", 1) == .send)
        #expect(machine.subscribe("b", 2) == .send)
        #expect(machine.subscribe("c", 3) == .refuse)
        #expect(machine.subscribe("a", 4) == .wait)
        var handler = 10
        var refused = false
        for _ in 0..<10 where !refused {
            _ = machine.unsubscribe("b", 2)
            _ = machine.unsubscribe("b", handler)
            handler += 1
            refused = machine.subscribe("b", handler) == .refuse
        }
        #expect(refused)
        #expect(machine.awaitedCount <= 5)
    }

    // MARK: - Every state × every event, for one channel

    enum Place: CaseIterable { case none, waiting, subscribing, subscribed, unsubscribing }

    private static func machine(in place: Place) -> Machine {
        var machine = Machine(maximumChannels: 10)
        if place == .waiting { _ = machine.subscribe("a", 1) }
        if place == .waiting || place == .none { return machine }
        _ = machine.connected()
        _ = machine.subscribe("a", 1)
        if place == .subscribing { return machine }
        _ = machine.confirmed(.subscribe, "a")
        if place == .unsubscribing { _ = machine.unsubscribe("a", 1) }
        return machine
    }

    @Test(arguments: [
        (Place.none, ["wait", "none", "[]", "[]", "violation", "violation", "violation"]),
        (.waiting, ["wait", "none", "[\"a\"]", "[]", "violation", "violation", "violation"]),
        (
            .subscribing,
            ["wait", "send", "[]", "[]", "live(new: [1], resumed: [])", "violation", "refused(channel: \"a\", [1])"]
        ),
        (.subscribed, ["confirm", "send", "[]", "[[1]]", "violation", "violation", "violation"]),
        (.unsubscribing, ["send", "none", "[]", "[]", "violation", "none", "violation"]),
    ])
    func everyEventInEveryState(place: Place, expected: [String]) {
        var actions: [String] = []
        func event(_ body: (inout Machine) -> String) {
            var machine = Self.machine(in: place)
            actions.append(body(&machine))
        }
        event { machine in "\(machine.subscribe("a", 2))" }
        event { machine in "\(machine.unsubscribe("a", 1))" }
        event { machine in "\(machine.connected())" }
        event { machine in "\(machine.disconnected().map(\.handlers))" }
        event { machine in "\(machine.confirmed(.subscribe, "a"))" }
        event { machine in "\(machine.confirmed(.unsubscribe, "a"))" }
        event { machine in "\(machine.failed())" }
        #expect(actions == expected)
    }

    // MARK: - Random interleavings against a model of Redis

    @Test(arguments: 0..<200) func everyInterleavingEndsAsWanted(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var machine = Machine(maximumChannels: 10_000)
        var wanted: [String: Set<Int>] = [:]
        var live: [String: Set<Int>] = [:]
        // Redis: what it was sent and has not read, what it holds, what it has answered and we have not read.
        var sent: [(subscribe: Bool, channel: String)] = []
        var held: Set<String> = []
        var connected = false
        var next = 0

        func step(_ kind: Int, _ name: String) {
            switch kind {
            case 0, 1, 2:
                next += 1
                wanted[name, default: []].insert(next)
                switch machine.subscribe(name, next) {
                case .send: sent.append((true, name))
                case .confirm: live[name, default: []].insert(next)
                case .wait: break
                case .refuse: Issue.record("refused")
                }
            case 3, 4, 5:
                guard let handler = wanted[name]?.sorted().first else { return }
                wanted[name]?.remove(handler)
                live[name]?.remove(handler)
                if machine.unsubscribe(name, handler) == .send { sent.append((false, name)) }
            case 6 where connected && Int.random(in: 0..<5, using: &random) == 0:
                connected = false
                for (name, handlers) in machine.disconnected() { #expect(live[name, default: []] == Set(handlers)) }
                live = [:]
                sent = []
                held = []
            case 6, 7:
                if !connected {
                    connected = true
                    sent = machine.connected().map { (true, $0) }
                }
            case 8, 9, 10, 11:
                guard !sent.isEmpty else { return }
                let command = sent.removeFirst()
                if command.subscribe { held.insert(command.channel) } else { held.remove(command.channel) }
                switch machine.confirmed(command.subscribe ? .subscribe : .unsubscribe, command.channel) {
                case .live(let new, let resumed): live[command.channel, default: []].formUnion(new + resumed)
                case .none: break
                case .pong, .violation: Issue.record("violation")
                }
            default: break
            }
        }

        for _ in 0..<500 {
            step(Int.random(in: 0..<12, using: &random), ["a", "b", "c"].randomElement(using: &random)!)
        }
        step(7, "")
        while !sent.isEmpty { step(8, "") }
        wanted = wanted.filter { !$0.value.isEmpty }
        #expect(held == Set(wanted.keys))
        #expect(live.filter { !$0.value.isEmpty } == wanted)
        #expect(machine.channelCount == wanted.count)
    }
}

import NIOCore
import Shared
import Testing

@Suite struct BeatMonitorTests {
    private let second: Int64 = 1_000_000_000

    @Test func beatsThatComeBackAreHeard() {
        var monitor = BeatMonitor(now: 0)
        #expect(monitor.status == .unproven)
        for time in 1...100 {
            let due = monitor.due(now: Int64(time) * second)
            #expect(due == .init(beat: UInt64(time), reconnects: false))
            monitor.taken(due.beat)
            monitor.heard(due.beat)
            #expect(monitor.status == .hearing)
        }
        #expect(monitor.age(now: 102 * second) == 2 * second)
    }

    @Test func threeMissedBeatsAreDeafnessAndReconnect() {
        var monitor = heardOnce()
        let statuses = (2...9).map { time in
            let due = monitor.due(now: Int64(time) * second)
            monitor.taken(due.beat)
            return (due.reconnects, monitor.status)
        }
        // The first one is only due; the next three find their predecessors missed.
        #expect(statuses.map(\.0) == [false, false, false, true, false, false, true, false])
        #expect(statuses.prefix(3).allSatisfy { $0.1 == .hearing })
        #expect(statuses[3].1 == .deaf(missed: 3))
        #expect(statuses.last?.1 == .deaf(missed: 7))
        #expect(monitor.age(now: 10 * second) == 9 * second)
    }

    @Test func oneBeatEndsDeafness() {
        var monitor = heardOnce()
        for time in 2...8 { monitor.taken(monitor.due(now: Int64(time) * second).beat) }
        #expect(monitor.status == .deaf(missed: 6))
        monitor.heard(8)
        #expect(monitor.status == .hearing)
        #expect(monitor.age(now: 9 * second) == second)
    }

    @Test func beatsThatRedisDidNotTakeSayNothingOfTheSubscription() {
        var monitor = heardOnce()
        for time in 2...20 { #expect(!monitor.due(now: Int64(time) * second).reconnects) }
        #expect(monitor.status == .unsent(missed: 18))
        // Redis answers again, late, and all at once.
        for beat in 2...20 {
            monitor.taken(UInt64(beat))
            monitor.heard(UInt64(beat))
        }
        #expect(monitor.status == .hearing)
    }

    @Test func deafnessAfterSilenceIsCountedAnew() {
        var monitor = heardOnce()
        for time in 2...10 { _ = monitor.due(now: Int64(time) * second) }
        #expect(monitor.status == .unsent(missed: 8))
        let reconnects = (11...15).map { time in
            let due = monitor.due(now: Int64(time) * second)
            monitor.taken(due.beat)
            return due.reconnects
        }
        #expect(reconnects == [false, false, false, true, false])
        #expect(monitor.status == .deaf(missed: 13))
    }

    @Test func aSlowWayBackIsNoDeafness() {
        var monitor = BeatMonitor(now: 0)
        for time in 1...50 {
            let due = monitor.due(now: Int64(time) * second)
            #expect(!due.reconnects)
            monitor.taken(due.beat)
            if due.beat > 2 { monitor.heard(due.beat - 2) }
        }
        #expect(monitor.status == .hearing)
        #expect(monitor.age(now: 50 * second) == 2 * second)
    }

    @Test func foreignAndRepeatedBeatsSayNothing() {
        var monitor = heardOnce()
        for time in 2...6 { monitor.taken(monitor.due(now: Int64(time) * second).beat) }
        monitor.heard(1)
        monitor.heard(7_000)
        monitor.taken(7_000)
        #expect(monitor.status == .deaf(missed: 4))
    }

    @Test func aHoleBetweenBeatsIsALoss() {
        var monitor = heardOnce()
        let lost = monitor.due(now: 2 * second).beat
        monitor.taken(lost)
        let next = monitor.due(now: 3 * second)
        #expect(!next.reconnects)
        monitor.heard(next.beat)
        #expect(monitor.status == .hearing)
        #expect(monitor.due(now: 4 * second).reconnects)
        #expect(!monitor.due(now: 5 * second).reconnects)
    }

    /// The answers of Redis come over another connection.
    @Test func aHoleMayBeKnownLate() {
        var monitor = heardOnce()
        let lost = monitor.due(now: 2 * second).beat
        monitor.heard(monitor.due(now: 3 * second).beat)
        #expect(!monitor.due(now: 4 * second).reconnects)
        monitor.taken(lost)
        #expect(monitor.due(now: 5 * second).reconnects)
        monitor.taken(lost)
        #expect(!monitor.due(now: 6 * second).reconnects)
    }

    @Test func aBeatThatWasNeverTakenLeavesNoHole() {
        var monitor = heardOnce()
        _ = monitor.due(now: 2 * second)
        monitor.heard(monitor.due(now: 3 * second).beat)
        #expect(!monitor.due(now: 4 * second).reconnects)
    }

    @Test func aLossThatWasToldOfLeavesNoHole() {
        var monitor = heardOnce()
        let before = monitor.due(now: 2 * second).beat
        monitor.subscribed()
        monitor.taken(before)
        monitor.heard(monitor.due(now: 3 * second).beat)
        #expect(!monitor.due(now: 4 * second).reconnects)
    }

    @Test func aSuspendedProcessHasMissedOneBeat() {
        var monitor = heardOnce()
        monitor.taken(monitor.due(now: 2 * second).beat)
        monitor.taken(monitor.due(now: 600 * second).beat)
        #expect(monitor.status == .hearing)
    }

    private func heardOnce() -> BeatMonitor {
        var monitor = BeatMonitor(now: 0)
        let due = monitor.due(now: second)
        monitor.taken(due.beat)
        monitor.heard(due.beat)
        return monitor
    }
}

@Suite struct ControlPathVerdictTests {
    private let now = NIODeadline.uptimeNanoseconds(100_000_000_000)

    private func verdict(
        _ status: BeatMonitor.Status, commands: Bool = true, subscriptions: Bool = true, refusal: String? = nil,
        lookedAgo: TimeAmount = .zero
    ) -> ControlPathVerdict {
        ControlPathVerdict(
            [
                .init(
                    status: status, connections: .init(commands: commands, subscriptions: subscriptions),
                    refusal: refusal, age: 4_200_000_000, lookedAt: now - lookedAgo)
            ], interval: .seconds(1), now: now)
    }

    @Test func goodOnlyWhileBeatsAreHeard() {
        #expect(verdict(.hearing) == ControlPathVerdict(redis: nil, control: nil))
        #expect(verdict(.unproven) == ControlPathVerdict(redis: nil, control: "no beat has come back yet"))
        #expect(
            verdict(.deaf(missed: 3))
                == ControlPathVerdict(
                    redis: nil,
                    control: "stops are not heard: 3 beats did not come back; the last beat that came back is 4.2 s old"
                ))
    }

    @Test func anUnsentBeatIsNotCalledDeafness() {
        let found = verdict(.unsent(missed: 5))
        #expect(found.redis == "Redis does not answer")
        #expect(found.control?.hasPrefix("whether stops are heard is not known: 5 beats could not be sent") == true)
    }

    @Test func lostConnectionsNeedNoMissedBeat() {
        #expect(verdict(.hearing, commands: false) == ControlPathVerdict(redis: "Redis is not connected", control: nil))
        #expect(verdict(.hearing, subscriptions: false).control?.contains("no connection") == true)
        #expect(verdict(.deaf(missed: 9), refusal: "NOPERM").control == "the beat may not be heard: NOPERM")
    }

    @Test func aStuckEventLoopHearsNothing() {
        #expect(verdict(.hearing, lookedAgo: .seconds(3)).control == nil)
        #expect(verdict(.hearing, lookedAgo: .seconds(4)).control == "an event loop has been stuck for 4.0 s")
    }
}

import Foundation
import Shared
import TestSupport
import Testing

@testable import Chaos

@Suite struct ScheduleTests {
    @Test func theSameSeedMakesTheSameSchedule() {
        let plan = Schedule.Plan()
        let first = Schedule.random(seed: 7, plan: plan)
        let second = Schedule.random(seed: 7, plan: plan)
        #expect(first.steps == second.steps && first.lease == second.lease && first.slots == second.slots)
        #expect(first.request(3) == second.request(3))
        let other = Schedule.random(seed: 8, plan: plan)
        #expect(first.steps != other.steps && first.request(3) != other.request(3))
        #expect(first.request(3) != first.request(4))
    }

    @Test func onlyTheFaultsThatAreAskedForTakePlace() {
        var plan = Schedule.Plan()
        plan.length = 120_000
        plan.families = [.freeze]
        let faults = Schedule.random(seed: 1, plan: plan).steps.compactMap { step -> Fault? in
            if case .fault(let fault) = step.action { fault } else { nil }
        }
        #expect(faults.count > 20)
        #expect(faults.allSatisfy { if case .freeze = $0 { true } else { false } })
        plan.families = []
        #expect(
            Schedule.random(seed: 1, plan: plan).steps.allSatisfy { if case .fault = $0.action { false } else { true } }
        )
    }

    @Test func aRedisThatMayLoseWhatItAcknowledgedIsNotKilled() {
        var plan = Schedule.Plan()
        plan.families = [.redisKill]
        var kills: [String: Set<Bool>] = [:]
        for seed in 1...20 {
            let schedule = Schedule.random(seed: UInt64(seed), plan: plan)
            for step in schedule.steps {
                guard case .fault(let fault) = step.action else { continue }
                if case .killRedis = fault {
                    kills[schedule.appendFsync, default: []].insert(true)
                } else {
                    kills[schedule.appendFsync, default: []].insert(false)
                }
            }
        }
        #expect(kills == ["always": [true], "everysec": [false]])
    }

    @Test func everyKindOfFaultAndOfStopComesUp() {
        var plan = Schedule.Plan()
        plan.length = 600_000
        let schedules = (1...4).map { Schedule.random(seed: UInt64($0), plan: plan) }
        let steps = schedules.flatMap(\.lines).joined(separator: "\n")
        for word in [
            "kill -9 of worker", "kill -9 of frontend", "SIGTERM of worker", "SIGSTOP of", "are cut", "cannot reach",
            "vanish",
            "bytes wait", "kill -9 of Redis", "SIGTERM of Redis", "SIGSTOP of Redis", "CLIENT KILL TYPE normal",
            "CLIENT KILL TYPE pubsub", "CLIENT PAUSE", "by webSocket", "by http", "by publish", "kills r", "watches",
            "abandons",
            "loses its connection", "reads nothing",
        ] { #expect(steps.contains(word), "\(word)") }
    }
}

import NIOCore
import Testing

@testable import Worker

struct TimerPolicyTests {
    private static func time(_ microseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(10) + .microseconds(microseconds)
    }

    @Test func fewMomentsAreKeptExactly() {
        var policy = TimerPolicy()
        for turn in Int64(0)..<1000 {
            let due = Self.time(turn * 200)
            #expect(policy.wakeUp(for: due) == due)
            policy.woke(1, at: due)
        }
    }

    @Test func manyMomentsShareATick() {
        var policy = TimerPolicy()
        for turn in Int64(0)..<8 { policy.woke(1, at: Self.time(turn * 20)) }
        #expect(policy.isTicking)
        #expect(policy.wakeUp(for: Self.time(160)) == Self.time(140) + TimerPolicy.tick)
        #expect(policy.wakeUp(for: Self.time(5000)) == Self.time(5000))
        policy.woke(25, at: Self.time(640))
        #expect(policy.wakeUp(for: Self.time(660)) == Self.time(640) + TimerPolicy.tick)
    }

    @Test func aTickThatFindsFewEndsThem() {
        var policy = TimerPolicy()
        for turn in Int64(0)..<8 { policy.woke(1, at: Self.time(turn * 20)) }
        policy.woke(TimerPolicy.fewWaiters - 1, at: Self.time(640))
        #expect(!policy.isTicking)
        #expect(policy.wakeUp(for: Self.time(650)) == Self.time(650))
    }
}

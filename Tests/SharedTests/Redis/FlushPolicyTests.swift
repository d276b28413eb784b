import Shared
import Testing

@Suite struct FlushPolicyTests {
    /// Feeds `perFlush` commands every `every` ns for `turns`, and returns the last decision.
    private func run(_ policy: inout FlushPolicy, every: Int64, perFlush: Int, turns: Int, from start: Int64 = 0)
        -> FlushPolicy.Decision
    {
        var now = start
        var last = FlushPolicy.Decision.endOfTurn
        for _ in 0..<turns {
            last = policy.flushNeeded(now: now)
            policy.gathered(perFlush)
            now += every
        }
        return last
    }

    @Test func oneCallerThatAwaitsEachAnswerNeverWaitsForATick() {
        var policy = FlushPolicy()
        #expect(run(&policy, every: 40_000, perFlush: 1, turns: 10_000) == .endOfTurn)
    }

    @Test func manyCallersWhoseCommandsLeaveTogetherNeverWaitForATick() {
        var policy = FlushPolicy()
        #expect(run(&policy, every: 60_000, perFlush: 64, turns: 10_000) == .endOfTurn)
    }

    @Test func manySmallFlushesBecomeTicks() {
        var policy = FlushPolicy()
        _ = run(&policy, every: 10_000, perFlush: 1, turns: 24)
        #expect(policy.isTicking)
        #expect(policy.flushNeeded(now: 245_000) == .at(250_000))
    }

    @Test func ticksGoOnUnderLoadAndEndWithIt() {
        var policy = FlushPolicy()
        _ = run(&policy, every: 10_000, perFlush: 1, turns: 24)
        for tick in Int64(1)...20 {
            #expect(policy.flushNeeded(now: tick * 250_000 + 1000) == .at((tick + 1) * 250_000 + 1000))
            policy.gathered(50)
            #expect(policy.isTicking)
        }
        _ = policy.flushNeeded(now: 5_375_000)
        policy.gathered(2)
        #expect(policy.flushNeeded(now: 5_650_000) == .endOfTurn)
    }

    @Test func aPauseEndsTheTicks() {
        var policy = FlushPolicy()
        _ = run(&policy, every: 10_000, perFlush: 1, turns: 24)
        #expect(policy.isTicking)
        #expect(policy.flushNeeded(now: 900_000_000) == .endOfTurn)
    }
}

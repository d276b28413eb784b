import Testing

@testable import Frontend

@Suite("RateLimiter") struct RateLimiterTests {
    private static let second: Int64 = 1_000_000_000
    private static let millisecond: Int64 = 1_000_000

    /// How many are let through at `now`.
    private func takeAll(_ limiter: inout RateLimiter, _ limit: RateLimiter.Limit, now: Int64, tries: Int = 1000) -> Int
    {
        (0..<tries).reduce(0) { count, _ in count + (limiter.take(limit, now: now) == nil ? 1 : 0) }
    }

    @Test func aBurstThenTheRate() {
        let limit = RateLimiter.Limit(.init(perSecond: 10), burst: 5)
        var limiter = RateLimiter()
        #expect(takeAll(&limiter, limit, now: 0) == 5)
        #expect(limiter.take(limit, now: 0) == 100 * Self.millisecond)
        #expect(limiter.take(limit, now: 99 * Self.millisecond) == Self.millisecond)
        #expect(limiter.take(limit, now: 100 * Self.millisecond) == nil)
        #expect(limiter.take(limit, now: 100 * Self.millisecond) == 100 * Self.millisecond)
        // What is refused costs nothing: the hint stays true, however often one asks.
        #expect(takeAll(&limiter, limit, now: 150 * Self.millisecond) == 0)
        #expect(takeAll(&limiter, limit, now: 200 * Self.millisecond) == 1)
        #expect(takeAll(&limiter, limit, now: 450 * Self.millisecond) == 2)
        #expect(takeAll(&limiter, limit, now: Self.second) == 5)
        #expect(takeAll(&limiter, limit, now: 3600 * Self.second) == 5)
    }

    @Test func overAnyTimeNoMoreThanBurstAndRate() {
        let limit = RateLimiter.Limit(.init(perSecond: 7), burst: 3)
        var limiter = RateLimiter()
        var taken = 0
        for step in 0..<60_000 where limiter.take(limit, now: Int64(step) * Self.millisecond) == nil { taken += 1 }
        #expect(taken >= 60 * 7 && taken <= 60 * 7 + 3)
    }

    @Test func oneAtATime() {
        let limit = RateLimiter.Limit(.init(perSecond: 1), burst: 1)
        var limiter = RateLimiter()
        let start = -5 * Self.second
        #expect(limiter.take(limit, now: start) == nil)
        #expect(limiter.take(limit, now: start) == Self.second)
        #expect(limiter.take(limit, now: start + Self.second) == nil)
    }

    @Test func whatIsTakenAnywayIsMadeUpFor() {
        let limit = RateLimiter.Limit(.init(perSecond: 10), burst: 2)
        var limiter = RateLimiter()
        let debts = (0..<5).map { _ in
            limiter.takeAnyway(limit, now: 0)
            return limiter.debt(limit, now: 0) / Self.millisecond
        }
        #expect(debts == [0, 0, 100, 200, 300])
        #expect(limiter.debt(limit, now: 200 * Self.millisecond) == 100 * Self.millisecond)
        #expect(limiter.debt(limit, now: 300 * Self.millisecond) == 0)
        limiter.takeAnyway(limit, now: 300 * Self.millisecond)
        #expect(limiter.debt(limit, now: 300 * Self.millisecond) == 100 * Self.millisecond)
        #expect(limiter.debt(limit, now: 10 * Self.second) == 0)
        #expect(RateLimiter().debt(limit, now: 0) == 0)
    }

    @Test func isAsGoodAsNewWhenItWasNotUsed() {
        let limit = RateLimiter.Limit(.init(perSecond: 2), burst: 4)
        var limiter = RateLimiter()
        #expect(limiter.isFull(now: 0))
        for _ in 0..<3 { _ = limiter.take(limit, now: 0) }
        #expect(!limiter.isFull(now: 0) && !limiter.isFull(now: 1499 * Self.millisecond))
        #expect(limiter.isFull(now: 1500 * Self.millisecond))
    }

    @Test func theLargestLimitsDoNotOverflow() {
        let limit = RateLimiter.Limit(.init("1/h") ?? .init(perSecond: 1), burst: 1_000_000)
        var limiter = RateLimiter()
        #expect(takeAll(&limiter, limit, now: Int64.max / 4) == 1000)
    }
}

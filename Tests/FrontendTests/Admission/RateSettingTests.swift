import Testing

@testable import Frontend

@Suite("RateSetting") struct RateSettingTests {
    @Test(arguments: [("5", "5/s"), ("5/s", "5/s"), ("100/m", "100/m"), ("1000000/h", "1000000/h")])
    func readsBackAsItWasWritten(_ text: String, _ written: String) {
        #expect(RateSetting(text)?.description == written)
    }

    @Test(arguments: ["", "0", "-1", "1/", "/s", "1/d", "1/s/s", "1.5/s", "1000001", "x", "1 /s"])
    func refusesWhatIsNone(_ text: String) { #expect(RateSetting(text) == nil) }

    @Test func aMinuteIsAMinute() {
        let limit = RateLimiter.Limit(RateSetting("30/m") ?? .init(perSecond: 1), burst: 1)
        var limiter = RateLimiter()
        #expect(limiter.take(limit, now: 0) == nil)
        #expect(limiter.take(limit, now: 0) == 2_000_000_000)
    }
}

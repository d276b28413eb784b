import NIOCore
import Shared
import Testing

@Suite struct RedisClockTests {
    private static func moment(_ microseconds: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(microseconds) * 1000) }

    @Test func theShortestRoundTripCounts() {
        let clock = RedisClock()
        #expect(clock.microseconds(at: Self.moment(5)) == nil)
        // The answer was long under way, so all that is known is that it was asked within 900 µs.
        clock.sampled(1_000_000, sent: Self.moment(100), received: Self.moment(1000))
        #expect(clock.microseconds(at: Self.moment(550)) == 1_000_000)
        clock.sampled(1_002_000, sent: Self.moment(2100), received: Self.moment(2140))
        #expect(clock.microseconds(at: Self.moment(2120)) == 1_002_000)
        clock.sampled(1_009_100, sent: Self.moment(9000), received: Self.moment(9900))
        #expect(clock.microseconds(at: Self.moment(10_120)) == 1_010_000)
    }

    @Test func oldSamplesAreForgotten() {
        let clock = RedisClock()
        clock.sampled(0, sent: Self.moment(10), received: Self.moment(10))
        for second in Int64(1)...8 {
            clock.sampled(
                second * 1_000_000 + 500, sent: Self.moment(second * 1_000_000),
                received: Self.moment(second * 1_000_000 + 100))
        }
        #expect(clock.microseconds(at: Self.moment(9_000_000)) == 9_000_450)
    }

    @Test func aClockThatWasSetIsBelieved() {
        let clock = RedisClock()
        clock.sampled(50_000_000, sent: Self.moment(10), received: Self.moment(12))
        clock.sampled(40_000_000, sent: Self.moment(1_000_000), received: Self.moment(1_000_400))
        #expect(clock.microseconds(at: Self.moment(1_000_200)) == 40_000_000)
    }
}

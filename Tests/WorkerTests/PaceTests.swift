import NIOCore
import Testing
import Worker

struct PaceTests {
    private static func time(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(10_000 + milliseconds)
    }

    @Test func thatOneIsLateDoesNotDelayTheOthers() {
        var pace = Pace(interval: .milliseconds(100), from: Self.time(0))
        #expect(pace.due == Self.time(0))
        pace.advance(now: Self.time(0))
        #expect(pace.due == Self.time(100))
        pace.advance(now: Self.time(350))
        #expect(pace.due == Self.time(200))
        pace.advance(now: Self.time(350))
        #expect(pace.due == Self.time(300))
    }

    @Test func whatWasMissedInASuspensionIsNotMadeUpFor() {
        var pace = Pace(interval: .milliseconds(100), from: Self.time(0))
        pace.advance(now: Self.time(60_000))
        #expect(pace.due == Self.time(59_000))
        var atOnce = 0
        while pace.due <= Self.time(60_000) {
            pace.advance(now: Self.time(60_000))
            atOnce += 1
        }
        #expect(atOnce == 11)
        #expect(pace.due == Self.time(60_100))
    }
}

import NIOCore
import Testing

@testable import Shared

@Suite struct RecountTimesTests {
    private let start = NIODeadline.uptimeNanoseconds(7)

    @Test func eachOwnerIsDueOnceASecond() {
        let times = RecountTimes()
        #expect(times.isDue("a", now: start))
        times.noted("a", now: start)
        #expect(!times.isDue("a", now: start + .milliseconds(999)) && times.isDue("b", now: start))
        #expect(times.isDue("a", now: start + .seconds(1)))
    }

    @Test func noMoreThanSomeAreRemembered() {
        let times = RecountTimes()
        times.noted("first", now: start)
        for owner in 0..<1023 { times.noted("\(owner)", now: start + .milliseconds(1)) }
        times.noted("new", now: start + .milliseconds(2))
        #expect(times.isDue("first", now: start + .milliseconds(3)))
        #expect(!times.isDue("new", now: start + .milliseconds(3)) && !times.isDue("7", now: start + .milliseconds(3)))
        // What is due anyway goes first.
        times.noted("late", now: start + .seconds(2))
        #expect(times.isDue("7", now: start + .milliseconds(3)) && !times.isDue("late", now: start + .seconds(2)))
    }
}

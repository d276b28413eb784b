import Testing

@testable import LoadTest

@Suite struct ScheduleTests {
    private let second: UInt64 = 1_000_000_000

    private func all(_ schedule: ArrivalSchedule) -> [UInt64] {
        var schedule = schedule
        var times: [UInt64] = []
        while let next = schedule.next {
            times.append(next)
            schedule.take()
        }
        return times
    }

    @Test func constantArrivalsComeAtTheirTimes() {
        let times = all(ArrivalSchedule(rate: 4, ramp: 0, end: second, random: nil))
        #expect(times == [0, second / 4, second / 2, second / 4 * 3])
    }

    @Test func twoSchedulesOfHalfTheRateInterleave() {
        let halves = [0.0, 0.5].map { all(ArrivalSchedule(rate: 2, ramp: 0, end: second, phase: $0, random: nil)) }
        #expect(halves.flatMap { $0 }.sorted() == all(ArrivalSchedule(rate: 4, ramp: 0, end: second, random: nil)))
    }

    @Test func theRateGrowsEvenlyOverTheRamp() {
        let times = all(ArrivalSchedule(rate: 100, ramp: 10 * second, end: 20 * second, random: nil))
        // Half of the full rate on average, then all of it.
        #expect(times.count { $0 < 10 * second } == 500)
        #expect(times.count { $0 >= 10 * second } == 1000)
        // In the first half of the ramp a quarter of its requests.
        #expect(times.count { $0 < 5 * second } == 125)
        #expect(times == times.sorted())
    }

    @Test func poissonArrivalsHaveTheRateAndVary() {
        let times = all(ArrivalSchedule(rate: 1000, ramp: 0, end: 10 * second, random: LoadRandom(seed: 3)))
        #expect((9_700...10_300).contains(times.count))
        let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
        // The deviation of exponential distances is their mean.
        #expect(abs(variance.squareRoot() / mean - 1) < 0.05)
    }

    @Test func whatIsLateKeepsItsTime() {
        var arrivals = Arrivals.open(ArrivalSchedule(rate: 10, ramp: 0, end: second, random: nil))
        // Nobody takes any for half a second: all of them are still there, each due when it was due.
        var due: [UInt64] = []
        while let next = arrivals.next, next <= second / 2 {
            due.append(next)
            arrivals.take()
        }
        #expect(due == (0...5).map { $0 * second / 10 })
        arrivals.ended(next: second)
        #expect(arrivals.next == second / 10 * 6)
    }

    @Test func closedArrivalsFollowEndings() {
        var random = LoadRandom(seed: 7)
        var arrivals = Arrivals.closed(count: 50, ramp: second, random: &random)
        var starts: [UInt64] = []
        while let next = arrivals.next {
            starts.append(next)
            arrivals.take()
        }
        #expect(starts.count == 50 && starts == starts.sorted() && starts.allSatisfy { $0 < second })
        #expect(Set(zip(starts, starts.dropFirst()).map { $1 - $0 }).count > 40)
        arrivals = .closed(count: 2, ramp: 0, random: &random)
        #expect(arrivals.next == 0)
        arrivals.take()
        #expect(arrivals.next == 0)
        arrivals.take()
        #expect(arrivals.next == nil)
        arrivals.ended(next: 7 * second)
        #expect(arrivals.next == 7 * second)
    }
}

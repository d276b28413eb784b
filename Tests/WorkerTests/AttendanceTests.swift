import Testing

@testable import Worker

@Suite struct AttendanceTests {
    @Test func absenceCountsFromWhenItWasFirstSeenAndOneIntervalMore() {
        var attendance = Attendance(grace: 30, maximum: 1000, interval: 5)
        #expect(attendance.counted(1, now: 0) == false)
        #expect(attendance.counted(0, now: 5) == false)
        #expect(attendance.counted(0, now: 39) == false)
        #expect(attendance.counted(0, now: 40) == true)
        #expect(attendance.counted(0, now: 45) == true)
    }

    @Test func whoComesBackStartsItAnewAndSoDoesACountThatFailed() {
        for viewers in [2, nil] {
            var attendance = Attendance(grace: 0, maximum: 1000, interval: 5)
            #expect(attendance.counted(0, now: 0) == false)
            #expect(attendance.counted(viewers, now: 4) == false)
            #expect(attendance.counted(0, now: 6) == false)
            #expect(attendance.counted(0, now: 11) == true)
        }
    }

    @Test func whatGoesOnUnwatchedIsBoundedToo() {
        var attendance = Attendance(grace: nil, maximum: 100, interval: 5)
        #expect(attendance.counted(0, now: 0) == false)
        #expect(attendance.counted(0, now: 104) == false)
        #expect(attendance.counted(0, now: 105) == true)
    }
}

import Testing

@testable import Frontend

@Suite("AlarmWheel") struct AlarmWheelTests {
    private func due(_ wheel: inout AlarmWheel<String>, _ now: Int64, limit: Int = .max) -> [String] {
        wheel.due(now: now, limit: limit)
    }

    @Test func isNeverEarlyAndLateByASlotAtMost() {
        var wheel = AlarmWheel<String>(slotLength: 100)
        #expect(wheel.isEmpty && due(&wheel, 1_000_000).isEmpty)
        for time in [1001, 1050, 1099, 1100, 1101] as [Int64] { wheel.set("\(time)", at: time) }
        #expect(due(&wheel, 1000).isEmpty && due(&wheel, 1099).isEmpty)
        #expect(due(&wheel, 1100).sorted() == ["1001", "1050", "1099", "1100"])
        #expect(due(&wheel, 1199).isEmpty && due(&wheel, 1200) == ["1101"])
        #expect(wheel.isEmpty && due(&wheel, 5000).isEmpty)
    }

    @Test func anAlarmIsSetAnewAndCancelled() {
        var wheel = AlarmWheel<String>(slotLength: 100)
        wheel.set("a", at: 500)
        wheel.set("b", at: 500)
        wheel.set("a", at: 900)
        wheel.cancel("b")
        wheel.cancel("never set")
        #expect(due(&wheel, 800).isEmpty && !wheel.isEmpty)
        wheel.set("a", at: 300)
        #expect(due(&wheel, 800) == ["a"])
        #expect(wheel.isEmpty)
        // After a long time without an alarm.
        wheel.set("c", at: 10_000_000)
        #expect(due(&wheel, 9_999_999).isEmpty && due(&wheel, 10_000_000) == ["c"])
        // One whose time is past already.
        wheel.set("d", at: 100)
        #expect(due(&wheel, 10_000_000) == ["d"])
    }

    @Test func manyAreTakenInPartsTheEarliestFirst() {
        var wheel = AlarmWheel<Int>(slotLength: 10)
        for id in (0..<1000).reversed() { wheel.set(id, at: Int64(id) * 10) }
        #expect(wheel.due(now: 100_000, limit: 300) == Array(0..<300))
        #expect(wheel.due(now: 3_100, limit: 300) == Array(300...310))
        #expect(wheel.due(now: 100_000, limit: 1000) == Array(311..<1000))
        #expect(wheel.isEmpty)
    }
}

import Shared
import Testing

@Suite struct BackoffTests {
    @Test func doublesItsCeilingUpToTheMaximum() {
        var backoff = Backoff(minimum: 10, maximum: 100)
        #expect((0..<6).map { _ in backoff.next(random: 0.999_999) } == [19, 39, 79, 99, 99, 99])
    }

    /// A thousand that fail in the same moment are spread from the first wait on.
    @Test func theFirstWaitIsDrawnTooAndNoTwoNeedBeEqual() {
        let waits = Set(
            stride(from: 0.0, to: 1, by: 0.1).map { random in
                var backoff = Backoff(minimum: 1000, maximum: 100_000)
                return backoff.next(random: random)
            })
        #expect(waits.count == 10)
    }

    @Test func isNeverLessThanTheMinimum() {
        var backoff = Backoff(minimum: 10, maximum: 100)
        #expect((0..<6).map { _ in backoff.next(random: 0) } == Array(repeating: 10, count: 6))
    }

    @Test func beginsAnewAfterAReset() {
        var backoff = Backoff(minimum: 10, maximum: 100)
        for _ in 0..<5 { _ = backoff.next(random: 0.5) }
        backoff.reset()
        #expect(backoff.next(random: 0.999_999) == 19)
    }

    @Test func neverOverflows() {
        var backoff = Backoff(minimum: 1, maximum: .max)
        let waits = (0..<200).map { _ in backoff.next(random: 1) }
        #expect(waits.allSatisfy { $0 > 0 })
        #expect(waits == waits.sorted())
    }
}

import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct NudgeTests {
    private let nudge = Nudge()

    @Test func oneNudgeIsKept() async {
        nudge.give()
        nudge.give()
        await nudge.wait()
        let second = Task { await nudge.wait() }
        nudge.give()
        await second.value
    }

    @Test func aNudgeAfterACancelledWaitIsKeptForTheNext() async {
        for _ in 0..<100 {
            let waiter = Task { await nudge.wait() }
            await Task.yield()
            waiter.cancel()
            await waiter.value
            nudge.give()
            await nudge.wait()
        }
    }

    @Test func aNudgeThatRacesWithACancellationIsNotLost() async {
        for _ in 0..<500 {
            let waiter = Task { await nudge.wait() }
            await Task.yield()
            await withDiscardingTaskGroup { group in
                group.addTask { waiter.cancel() }
                group.addTask { nudge.give() }
            }
            await waiter.value
            // Whether the first wait had it or not, another one brings the next.
            nudge.give()
            await nudge.wait()
        }
    }
}

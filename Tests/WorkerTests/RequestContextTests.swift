import Shared
import Synchronization
import Testing

@testable import Worker

@Suite struct RequestContextTests {
    private let context = RequestContext(id: .random())

    @Test func aContextIsLiveThenStoppedThenKilled() {
        #expect(!context.isStopped && !context.isKilled)
        context.stopGenerating()
        #expect(context.isStopped && !context.isKilled)
        context.kill()
        #expect(context.isStopped && context.isKilled)
        context.stopGenerating()
        #expect(context.isKilled)
    }

    @Test func aKillImpliesAStop() async {
        context.kill()
        #expect(context.isStopped)
        await context.stopped()
        await context.killed()
    }

    @Test func waitersAreLevelTriggered() async {
        context.stopGenerating()
        await context.stopped()
        await context.stopped()
    }

    @Test func anyNumberOfWaitersIsResumed() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<200 { group.addTask { await context.stopped() } }
            for _ in 0..<200 { group.addTask { await context.killed() } }
            group.addTask {
                context.stopGenerating()
                context.kill()
            }
        }
    }

    @Test func aWaiterCanBeCancelled() async {
        let waiter = Task { await context.stopped() }
        waiter.cancel()
        await waiter.value
        #expect(!context.isStopped)
    }

    @Test func aStopDoesNotResumeWhoWaitsForAKill() async {
        let wasKilled = Gate()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await context.killed()
                let isKilled = wasKilled.isOpen
                #expect(isKilled)
            }
            context.stopGenerating()
            await Task.yield()
            wasKilled.open()
            context.kill()
        }
    }

    @Test func stopsCancellationsAndWaitsMayRace() async {
        for _ in 0..<500 {
            let context = RequestContext(id: .random())
            await withDiscardingTaskGroup { group in
                group.addTask { await context.stopped() }
                group.addTask { await context.killed() }
                group.addTask { context.stopGenerating() }
                group.addTask { context.kill() }
                group.addTask { context.link(child: RequestContext(id: .random())) }
                let cancelled = Task { await context.killed() }
                cancelled.cancel()
                await cancelled.value
            }
        }
    }

    @Test func handlersAreCalledOnceAndAtOnce() {
        let calls = Atomic(0)
        func count() -> Int { calls.load(ordering: .relaxed) }
        let forgotten = context.whenStopped { calls.add(100, ordering: .relaxed) }
        forgotten.cancel()
        context.whenStopped { calls.add(1, ordering: .relaxed) }
        context.whenKilled { calls.add(10, ordering: .relaxed) }
        context.stopGenerating()
        context.stopGenerating()
        #expect(count() == 1)
        context.kill()
        #expect(count() == 11)
        context.whenStopped { calls.add(1000, ordering: .relaxed) }
        #expect(count() == 1011)
    }

    @Test func childrenAreStoppedAndKilledInTheOrderLinked() {
        let order = Mutex<[String]>([])
        let children = (0..<5).map { _ in RequestContext(id: .random()) }
        for (number, child) in children.enumerated() {
            child.whenStopped { order.withLock { $0.append("stop \(number)") } }
            child.whenKilled { order.withLock { $0.append("kill \(number)") } }
            context.link(child: child)
        }
        context.stopGenerating()
        #expect(order.withLock { $0 } == (0..<5).map { "stop \($0)" })
        context.kill()
        #expect(order.withLock { $0 } == (0..<5).map { "stop \($0)" } + (0..<5).map { "kill \($0)" })
    }

    @Test func aChildOfAStoppedParentIsStoppedAtOnce() {
        let (stopped, killed) = (RequestContext(id: .random()), RequestContext(id: .random()))
        context.stopGenerating()
        context.link(child: stopped)
        #expect(stopped.isStopped && !stopped.isKilled)
        context.kill()
        context.link(child: killed)
        #expect(stopped.isKilled && killed.isKilled)
    }

    @Test func aRetiredContextHoldsNobodyAndCallsNobody() async {
        let calls = Atomic(0)
        let watcher = Weak<RequestContext>()
        let child = Weak<RequestContext>()
        do {
            // Each holds the other, as a call does that watches a child which it links.
            let inner = RequestContext(id: .random())
            let watching = RequestContext(id: .random())
            inner.whenStopped {
                watching.kill()
                inner.kill()
                calls.add(1, ordering: .relaxed)
            }
            context.link(child: inner)
            context.whenKilled { watching.kill() }
            watcher.set(watching)
            child.set(inner)
        }
        #expect(watcher.object != nil && child.object != nil)
        context.retire()
        context.retire()
        #expect(watcher.object == nil && child.object == nil)
        context.kill()
        #expect(context.isKilled && calls.load(ordering: .relaxed) == 0)
    }

    @Test func aRetiredContextTakesNobody() {
        let calls = Atomic(0)
        let child = RequestContext(id: .random())
        context.retire()
        context.whenStopped { calls.add(1, ordering: .relaxed) }
        context.link(child: child)
        context.stopGenerating()
        #expect(!child.isStopped && calls.load(ordering: .relaxed) == 0)
        // A child that was stopped before still tells whoever comes late, as the answer to its submission does.
        context.whenStopped { calls.add(1, ordering: .relaxed) }
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func whoWaitsForAStopGoesOnWhenTheContextIsRetired() async {
        let waiter = Task { await context.stopped() }
        await Task.yield()
        context.retire()
        await waiter.value
        await context.killed()
        #expect(!context.isStopped)
    }

    @Test func aStopReachesGrandchildrenAndNotTheParent() {
        let child = RequestContext(id: .random())
        let grandchild = RequestContext(id: .random())
        context.link(child: child)
        child.link(child: grandchild)
        child.stopGenerating()
        #expect(grandchild.isStopped && !context.isStopped)
        context.kill()
        #expect(grandchild.isKilled)
    }
}

package import Shared
private import Synchronization

/// The jobs that occupy this worker's slots. May be used from any thread.
package final class RunningJobs: Sendable {
    private struct State {
        var jobs: [UInt64: JobRunner] = [:]
        var lastID: UInt64 = 0
        var waiters: [Gate] = []
        /// Those that were asked to go back.
        var returning: Set<UInt64> = []
    }

    private let state = Mutex(State())
    private let metrics: WorkerMetrics

    /// Opens when the worker begins to drain.
    package let draining = Gate()

    /// How many jobs may run at once.
    package let slots: Int

    package init(slots: Int, metrics: WorkerMetrics) {
        self.slots = slots
        self.metrics = metrics
    }

    /// How many jobs run now.
    package var count: Int { state.withLock { $0.jobs.count } }

    /// The slots that are free now.
    package var free: Int { state.withLock { max(slots - $0.jobs.count, 0) } }

    /// The requests that run now, oldest first.
    package var requests: [RequestID] {
        state.withLock { state in state.jobs.sorted { $0.key < $1.key }.map(\.value.request) }
    }

    /// The job that runs here for the entry of `delivery`, if one does.
    package func holder(of delivery: JobDelivery) -> JobRunner? {
        state.withLock { state in state.jobs.values.first { $0.holds(delivery) } }
    }

    /// Takes a slot. Returns its name.
    package func began(_ job: JobRunner) -> UInt64 {
        let (id, count) = state.withLock { state in
            state.lastID += 1
            state.jobs[state.lastID] = job
            return (state.lastID, state.jobs.count)
        }
        tell(count)
        return id
    }

    /// Frees a slot.
    package func ended(_ id: UInt64) {
        let (waiters, count) = state.withLock { state in
            state.jobs[id] = nil
            state.returning.remove(id)
            defer { state.waiters = [] }
            return (state.waiters, state.jobs.count)
        }
        tell(count)
        for waiter in waiters { waiter.open() }
    }

    /// All slots are offered.
    package func offer() {
        metrics.slotsOffered(slots)
        tell(count)
    }

    /// From now on no slot is offered.
    package func drain() {
        draining.open()
        tell(count)
    }

    private func tell(_ count: Int) {
        metrics.runningJobs(count, free: draining.isOpen ? 0 : max(slots - count, 0))
    }

    /// Returns when a job may have ended since the call, or the task is cancelled.
    package func change(while condition: @Sendable (_ running: Int) -> Bool) async {
        while !Task.isCancelled {
            let gate = Gate()
            let waits = state.withLock { state in
                guard condition(state.jobs.count) else { return false }
                state.waiters.append(gate)
                return true
            }
            guard waits else { return }
            await gate.wait()
        }
    }

    /// Asks up to `count` jobs that were not asked before to go back to their queue, the oldest first. Returns how many were.
    @discardableResult
    package func giveBack(atMost count: Int) -> Int {
        let jobs = state.withLock { state in
            let chosen = state.jobs.keys.sorted().filter { !state.returning.contains($0) }.prefix(count)
            state.returning.formUnion(chosen)
            return chosen.compactMap { state.jobs[$0] }
        }
        for job in jobs { job.askToGiveBack() }
        return jobs.count
    }
}

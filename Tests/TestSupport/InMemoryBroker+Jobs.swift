package import NIOCore
package import Shared
import Synchronization

extension InMemoryBroker {
    package func takeJobs(
        queue: String, worker: String, limit: Int, wait: TimeAmount
    ) async throws -> [JobDelivery] {
        let deadline = NIODeadline.now() + wait
        while true {
            let taken = try await take(queue, worker, limit).get()
            guard taken.isEmpty, NIODeadline.now() < deadline, !Task.isCancelled else { return taken }
            await sleepUntilJob(queue, deadline)
        }
    }

    private func take(_ name: String, _ worker: String, _ limit: Int) -> EventLoopFuture<[JobDelivery]> {
        perform { state in
            var taken: [JobDelivery] = []
            let now = state.now
            while taken.count < limit, let job = state.queues[name]?.take(name, worker, at: now) { taken.append(job) }
            return taken
        }
    }

    /// Returns when a job came, the time is over, or the task is cancelled.
    private func sleepUntilJob(_ queue: String, _ deadline: NIODeadline) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let once = Once { promise.succeed() }
        let timer = eventLoop.scheduleTask(deadline: deadline) { once.run() }
        let id = store.state.withLock { state in
            let id = state.nextNumber()
            if let present = state.queues[queue], present.nextIndex < present.jobs.count { once.run() }
            state.queues[queue, default: .init()].waiters.append((id, { once.run() }))
            return id
        }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            once.run()
        }
        timer.cancel()
        store.state.withLock { state in state.queues[queue]?.waiters.removeAll { $0.id == id } }
    }

    func wake(_ state: inout InMemoryStore.State, _ queue: String) {
        for waiter in state.queues[queue]?.waiters ?? [] { waiter.wake() }
    }

    package func reclaimJobs(
        queue name: String, worker: String, idle: TimeAmount, limit: Int
    ) -> EventLoopFuture<[JobDelivery]> {
        perform { state in
            guard var queue = state.queues[name] else { return [] }
            let now = state.now
            let due = now.microseconds - idle.nanoseconds / 1000
            var taken: [JobDelivery] = []
            for (entryID, job) in queue.jobs where taken.count < limit {
                guard let pending = queue.pending[entryID], pending.renewedAt.microseconds <= due else { continue }
                queue.pending[entryID] = .init(worker: worker, renewedAt: now, deliveries: pending.deliveries + 1)
                taken.append(
                    JobDelivery(queue: name, entryID: entryID, job: job, deliveries: pending.deliveries + 1))
            }
            state.queues[name] = queue
            return taken
        }
    }

    package func claim(_ delivery: JobDelivery, worker: String) -> EventLoopFuture<ClaimOutcome> {
        perform { state in
            let id = delivery.job.requestID
            guard let request = state.requests[id] else { return .superseded }
            if request.record.state.isEnded { return .ended(request.record.state) }
            guard request.jobEntryID == nil || request.jobEntryID == delivery.entryID else { return .superseded }
            if let stop = request.record.stop {
                InMemoryStore.end(
                    &state, id,
                    Ending(
                        state: .cancelled, finishReason: "cancelled", usage: Usage(outputTokens: request.tokens),
                        stop: stop))
                return .ended(.cancelled)
            }
            if let (end, _) = request.deadline, state.now >= end {
                expire(&state, id)
                return .ended(.expired)
            }
            let remaining = request.endBy.map { TimeAmount.microseconds($0.microseconds - state.now.microseconds) }
            let attempt = request.record.attempt + 1
            state.requests[id]?.jobEntryID = delivery.entryID
            state.requests[id]?.record.state = .running
            state.requests[id]?.record.attempt = attempt
            state.requests[id]?.record.worker = worker
            let now = state.now
            state.requests[id]?.record.claimedAt = now
            InMemoryStore.append(
                &state, id,
                TokenEntry(
                    id: EntryID(attempt: attempt, index: 0), body: .attempt(worker: worker, after: request.last)))
            return .claimed(attempt: attempt, text: request.text, tokens: request.tokens, remaining: remaining)
        }
    }

    private func lease(_ request: InMemoryStore.Request?, _ attempt: UInt64) -> LeaseState {
        guard let request, request.record.state == .running, request.record.attempt == attempt else { return .lost }
        return request.record.stop.map { .stopped($0) } ?? .held
    }

    package func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        perform { state in
            let lease = lease(state.requests[delivery.job.requestID], attempt)
            if lease != .lost {
                let now = state.now
                state.queues[delivery.queue]?.pending[delivery.entryID] = .init(
                    worker: worker, renewedAt: now, deliveries: delivery.deliveries)
            }
            return lease
        }
    }

    package func attach(child: RequestID, to request: RequestID, attempt: UInt64) -> EventLoopFuture<LeaseState> {
        perform { state in
            let lease = lease(state.requests[request], attempt)
            if lease == .held { state.requests[request]?.child = child }
            return lease
        }
    }

    package func release(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        perform { state in
            let id = delivery.job.requestID
            let isRepeated =
                state.requests[id]?.record.state == .queued && state.requests[id]?.record.attempt == attempt
            if attempt > 0, !isRepeated {
                let lease = lease(state.requests[id], attempt)
                guard case .held = lease else { return lease }
                state.requests[id]?.record.state = .queued
                state.requests[id]?.record.worker = nil
            }
            state.queues[delivery.queue]?.pending[delivery.entryID] = .init(
                worker: worker, renewedAt: Timestamp(microseconds: 0), deliveries: delivery.deliveries - 1)
            for listener in state.releaseListeners[delivery.queue] ?? [] { listener.tell(()) }
            return .held
        }
    }

    package func finish(
        _ id: RequestID, attempt: UInt64, ending: AttemptEnding
    ) -> EventLoopFuture<Ending?> {
        perform { state in
            guard let request = state.requests[id] else { return nil }
            if request.record.state.isEnded {
                guard request.record.attempt == attempt, case .ended(let ending, _)? = request.log.last?.body else {
                    return nil
                }
                return ending
            }
            guard request.record.attempt == attempt, request.record.state == .running else { return nil }
            var stop = request.record.stop
            if stop == nil, ending.state == .cancelled {
                stop = ending.stop ?? StopIntent(by: .operator)
                stop?.requestedAt = state.now
                state.requests[id]?.record.stop = stop
            }
            if let ago = ending.observedAgo {
                stop?.observedAt = Timestamp(microseconds: state.now.microseconds - ago.nanoseconds / 1000)
            }
            let usage = Usage(
                inputTokens: ending.inputTokens, outputTokens: ending.outputTokens ?? request.tokens)
            InMemoryStore.end(
                &state, id,
                stop == nil
                    ? Ending(
                        state: ending.state, finishReason: ending.finishReason, usage: usage, error: ending.error)
                    : Ending(state: .cancelled, finishReason: "cancelled", usage: usage, stop: stop))
            guard case .ended(let written, _)? = state.requests[id]?.log.last?.body else { return nil }
            return written
        }
    }

    package func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome> {
        perform { state in
            let id = delivery.job.requestID
            guard let request = state.requests[id],
                request.jobEntryID == nil || request.jobEntryID == delivery.entryID
            else { return .superseded }
            guard !request.record.state.isEnded else {
                return request.givenUp == delivery.entryID ? .givenUp : .ended
            }
            let stop = request.record.stop
            let usage = Usage(outputTokens: request.tokens)
            InMemoryStore.end(
                &state, id,
                stop == nil
                    ? Ending(state: .failed, finishReason: "error", usage: usage, error: failure)
                    : Ending(state: .cancelled, finishReason: "cancelled", usage: usage, stop: stop))
            guard stop == nil else { return .ended }
            state.requests[id]?.givenUp = delivery.entryID
            return .givenUp
        }
    }

    package func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool> {
        perform { state in
            guard state.queues[delivery.queue]?.pending.removeValue(forKey: delivery.entryID) != nil else {
                return false
            }
            state.dead[delivery.queue, default: []].append(
                DeadJob(
                    id: "\(state.nextNumber())-0", queue: delivery.queue, reason: reason,
                    deliveries: delivery.deliveries, entryID: delivery.entryID, requestID: delivery.job.requestID,
                    job: delivery.job, diedAt: state.now))
            return true
        }
    }

    package func deadJobs(queue: String, limit: Int) -> EventLoopFuture<[DeadJob]> {
        perform { Array(($0.dead[queue] ?? []).prefix(limit)) }
    }

    package func dropDeadJob(_ id: String, queue: String) -> EventLoopFuture<Bool> {
        perform { state in
            let count = state.dead[queue]?.count ?? 0
            state.dead[queue]?.removeAll { $0.id == id }
            return state.dead[queue]?.count ?? 0 < count
        }
    }

    package func acknowledge(_ delivery: JobDelivery) -> EventLoopFuture<Void> {
        perform { state in state.queues[delivery.queue]?.pending[delivery.entryID] = nil }
    }

    package func onRelease(queue: String, handler: @escaping @Sendable () -> Void) -> any BrokerSubscription {
        subscribe(\.releaseListeners, queue) { handler() }
    }

    package func takers(of queue: String) -> EventLoopFuture<Int> { perform { $0.releaseListeners[queue]?.count ?? 0 } }
}

/// Runs its body the first time it is asked to.
private final class Once: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

    func run() {
        let body = body.withLock { body in
            defer { body = nil }
            return body
        }
        body?()
    }
}

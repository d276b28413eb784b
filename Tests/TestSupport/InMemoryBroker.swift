package import NIOCore
package import Shared
import Synchronization

/// A broker on an `InMemoryStore`. It passes the conformance suite of `RedisBroker`.
package struct InMemoryBroker: Broker {
    package let eventLoop: any EventLoop
    private let store: InMemoryStore

    package init(_ store: InMemoryStore, on eventLoop: any EventLoop) {
        self.store = store
        self.eventLoop = eventLoop
    }

    /// Carries a call out now, and completes its future a turn later.
    private func perform<Value: Sendable>(
        _ body: (inout InMemoryStore.State) throws(BrokerError) -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let result: Result<Value, any Error> = store.state.withLock { state in
            guard !state.isAway else { return .failure(BrokerError(code: .unavailable, message: "away")) }
            do throws(BrokerError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        eventLoop.execute { promise.completeWith(result) }
        return promise.futureResult
    }

    // MARK: Requests

    package func submit(_ submission: Submission) -> EventLoopFuture<SubmitOutcome> {
        perform { state in
            let job = submission.job
            guard !state.forbidden.contains(job.requestID) else { return .conflict }
            if let present = state.requests[job.requestID] {
                guard present.record.owner == job.owner, present.content == job.content else { return .conflict }
                if present.record.jobEntryID == nil, present.record.state == .queued {
                    // Whoever submitted it first died before the job was in its queue.
                    var again = job
                    again.sessionID = present.record.sessionID
                    state.requests[job.requestID]?.record.jobEntryID =
                        state.queues[submission.queue, default: .init()].append(again)
                    wake(&state, submission.queue)
                }
                return .joined(present.record.sessionID)
            }
            let waiting = state.queues[submission.queue]?.waiting ?? 0
            if let limit = submission.queueLimit, waiting >= limit { return .queueFull(waiting: waiting) }
            let now = state.now
            let entryID = state.queues[submission.queue, default: .init()].append(job)
            state.requests[job.requestID] = InMemoryStore.Request(
                record: RequestRecord(
                    id: job.requestID, state: .queued, owner: job.owner, sessionID: job.sessionID,
                    queue: submission.queue, attempt: 0, worker: nil, jobEntryID: entryID,
                    disconnectGrace: job.disconnectGrace, stop: nil, createdAt: now, claimedAt: nil, endedAt: nil),
                content: job.content)
            func end(_ milliseconds: Int?) -> Timestamp? {
                milliseconds.map { Timestamp(microseconds: now.microseconds + Int64($0) * 1000) }
            }
            state.requests[job.requestID]?.queueUntil = end(job.timeLimits?.queue)
            state.requests[job.requestID]?.endBy = end(job.timeLimits?.total)
            let userMessage = MessageID.random()
            state.messages[userMessage] = MessageRecord(
                messageID: userMessage, sessionID: job.sessionID, parentMessageID: submission.parentMessageID,
                role: "user", content: job.content, isComplete: true, createdAt: now, completedAt: now,
                owner: job.owner)
            state.messages[job.requestID.message] = MessageRecord(
                messageID: job.requestID.message, sessionID: job.sessionID, parentMessageID: userMessage,
                requestID: job.requestID, role: "assistant", content: "", isComplete: false, createdAt: now,
                owner: job.owner)
            state.sessions[job.sessionID, default: (job.owner, [])].messages += [userMessage, job.requestID.message]
            wake(&state, submission.queue)
            return .accepted(
                QueuePlace(number: state.queues[submission.queue]?.lastNumber ?? 0, position: waiting + 1))
        }
    }

    package func stop(_ id: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        perform { state throws(BrokerError) in try stop(&state, id, intent, owner) }
    }

    package func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void> {
        perform { forbid(&$0, request, intent) }
    }

    private func forbid(_ state: inout InMemoryStore.State, _ id: RequestID, _ intent: StopIntent) {
        if state.requests[id] == nil { state.forbidden.insert(id) }
        _ = try? stop(&state, id, intent, nil)
    }

    private func stop(
        _ state: inout InMemoryStore.State, _ id: RequestID, _ intent: StopIntent, _ owner: String?
    ) throws(BrokerError) -> StopReceipt {
        guard let request = state.requests[id], owner == nil || owner == request.record.owner else {
            throw BrokerError(code: .notFound, message: "no such request")
        }
        defer {
            if let child = request.child { forbid(&state, child, StopIntent(mode: intent.mode, by: .parent)) }
        }
        var record = request.record
        if record.state.isEnded {
            return StopReceipt(
                outcome: record.state == .cancelled ? .alreadyStopped : .alreadyCompleted, last: request.last)
        }
        if let present = record.stop {
            if intent.mode == .kill, present.mode == .stop {
                state.requests[id]?.record.stop?.mode = .kill
                InMemoryStore.publish(&state, id, .recorded(intent))
            }
            return StopReceipt(outcome: .alreadyStopped, last: request.last)
        }
        var recorded = intent
        recorded.requestedAt = state.now
        record.stop = recorded
        state.requests[id]?.record = record
        guard record.state == .running else {
            let last = request.last
            InMemoryStore.end(
                &state, id,
                Ending(
                    state: .cancelled, finishReason: "cancelled", usage: Usage(outputTokens: request.tokens),
                    stop: recorded))
            return StopReceipt(outcome: .dequeued, last: last)
        }
        let seal = EntryID(attempt: record.attempt, index: EntryID.sealIndex)
        state.requests[id]?.isSealed = true
        InMemoryStore.append(&state, id, TokenEntry(id: seal, body: .sealed(recorded, after: request.last)))
        InMemoryStore.publish(&state, id, .recorded(recorded))
        return StopReceipt(outcome: .stopped, last: request.last)
    }

    package func count(_ id: RequestID, of owner: String, limit: Int) -> EventLoopFuture<CountOutcome> {
        perform { state in
            var open = state.counts[owner] ?? [:]
            guard open[id] == nil else { return .present }
            if open.count >= limit {
                let now = state.now
                open = open.filter { id, since in
                    state.requests[id].map { !$0.record.state.isEnded }
                        ?? (now.microseconds - since.microseconds <= 60_000_000)
                }
                state.counts[owner] = open
            }
            guard open.count < limit else { return .full }
            let now = state.now
            state.counts[owner, default: [:]][id] = now
            return .counted
        }
    }

    package func discount(_ id: RequestID, of owner: String) -> EventLoopFuture<Void> {
        perform { $0.counts[owner]?[id] = nil }
    }

    package func expire(_ id: RequestID) -> EventLoopFuture<ExpiryOutcome> {
        perform { state in
            guard let request = state.requests[id], !request.record.state.isEnded else { return .ended }
            guard let (end, _) = request.deadline else { return .open(until: nil) }
            let slack: Int64 = request.record.state == .running ? 5_000_000 : 0
            let rest = end.microseconds + slack - state.now.microseconds
            guard rest <= 0 else { return .open(until: .microseconds(rest)) }
            expire(&state, id)
            return .ended
        }
    }

    private func expire(_ state: inout InMemoryStore.State, _ id: RequestID) {
        guard let request = state.requests[id] else { return }
        let stop = request.record.stop
        InMemoryStore.end(
            &state, id,
            Ending(
                state: stop == nil ? .expired : .cancelled, finishReason: stop == nil ? "expired" : "cancelled",
                usage: Usage(outputTokens: request.tokens), stop: stop))
        if let child = request.child { forbid(&state, child, StopIntent(by: .parent)) }
    }

    package func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> {
        perform { $0.requests[id]?.record }
    }

    // MARK: Jobs

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
            while taken.count < limit, let job = state.queues[name]?.take(name, worker) { taken.append(job) }
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

    private func wake(_ state: inout InMemoryStore.State, _ queue: String) {
        for waiter in state.queues[queue]?.waiters ?? [] { waiter.wake() }
    }

    package func reclaimJobs(
        queue name: String, worker: String, idle: TimeAmount, limit: Int
    ) -> EventLoopFuture<[JobDelivery]> {
        perform { state in
            guard var queue = state.queues[name] else { return [] }
            let now = NIODeadline.now()
            var taken: [JobDelivery] = []
            for (entryID, job) in queue.jobs where taken.count < limit {
                guard let pending = queue.pending[entryID], now - pending.renewedAt >= idle else { continue }
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
                state.queues[delivery.queue]?.pending[delivery.entryID] = .init(
                    worker: worker, renewedAt: .now(), deliveries: delivery.deliveries)
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
                worker: worker, renewedAt: .distantPast, deliveries: delivery.deliveries - 1)
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

    // MARK: Tokens

    package func append(_ chunks: [TokenChunk], to id: RequestID) -> EventLoopFuture<AppendOutcome> {
        perform { state in
            guard let first = chunks.first?.id, let last = chunks.last?.id else { return .written }
            guard let request = state.requests[id] else { return .fenced }
            guard first > request.last else {
                if request.log.contains(where: { $0.id == last }) { return .written }
                guard request.record.attempt == last.attempt, !request.record.state.isEnded else { return .fenced }
                return request.isSealed ? .sealed : .fenced
            }
            for chunk in chunks { InMemoryStore.append(&state, id, TokenEntry(id: chunk.id, body: chunk.body)) }
            return .written
        }
    }

    package func entries(
        of id: RequestID, after cursor: EntryID, limit: Int
    ) -> EventLoopFuture<[TokenEntry]> {
        perform { state in Array((state.requests[id]?.log ?? []).lazy.filter { $0.id > cursor }.prefix(limit)) }
    }

    package func followTokens(
        of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.followers, request, handler)
    }

    package func audience(of request: RequestID) -> EventLoopFuture<Audience> {
        perform { state in
            Audience(
                viewers: state.followers[request]?.count ?? 0,
                sinceLeaving: state.requests[request]?.viewersLeftAt.map { eventLoop.now - $0 })
        }
    }

    package func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void> {
        perform { $0.requests[request]?.viewersLeftAt = eventLoop.now }
    }

    // MARK: Stops

    package func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.stopListeners, request, handler)
    }

    package func weaknesses() -> EventLoopFuture<[BrokerWeakness]> { perform { _ in [] } }

    // MARK: The control path

    package var connections: BrokerConnections {
        let isThere = store.state.withLock { !$0.isAway }
        return BrokerConnections(commands: isThere, subscriptions: isThere)
    }

    package func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        perform { state in
            let listeners = state.beatListeners[name] ?? []
            if !state.losesBeats { for listener in listeners { listener.tell(.beat(number)) } }
            return listeners.count
        }
    }

    package func listenForBeats(
        name: String, handler: @escaping @Sendable (BeatEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.beatListeners, name, handler)
    }

    package func renewSubscriptions(because reason: String) {
        store.state.withLock { state in
            guard !state.isAway else { return }
            state.losesBeats = false
            for listener in state.beatListeners.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
            for listener in state.stopListeners.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
            for listener in state.followers.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
        }
    }

    // MARK: Messages

    package func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> {
        perform { state in
            guard var message = state.messages[id] else { return nil }
            if message.finishReason == nil, let request = message.requestID.flatMap({ state.requests[$0] }) {
                message.content = request.text
            }
            return message
        }
    }

    package func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?> {
        message(id).map { $0.flatMap { scope == nil || $0.owner == scope ? $0 : nil } }
    }

    package func conversation(
        _ id: SessionID, scope: String?, limit: Int, bytes: Int
    ) -> EventLoopFuture<[MessageRecord]?> {
        sessionOwner(id).and(messages(of: id, limit: limit, bytes: bytes)).map { owner, messages in
            owner.flatMap { scope == nil || $0 == scope ? messages : nil }
        }
    }

    package func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> { perform { $0.sessions[id]?.owner } }

    package func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        perform { state in
            let messages = (state.sessions[session]?.messages ?? []).suffix(limit).compactMap { state.messages[$0] }
            var left = bytes
            var count = 0
            for message in messages.reversed() {
                left -= message.content.utf8.count
                guard left >= 0 || count == 0 else { break }
                count += 1
            }
            return Array(messages.suffix(count))
        }
    }

    // MARK: Nodes

    package func announce(_ node: NodeRecord) -> EventLoopFuture<Bool> {
        perform { $0.nodes.updateValue(node, forKey: node.id) != nil }
    }

    package func retire(_ node: String) -> EventLoopFuture<Void> { perform { $0.nodes[node] = nil } }

    package func nodes() -> EventLoopFuture<[NodeRecord]> {
        perform { $0.nodes.values.sorted { $0.id < $1.id } }
    }

    package func lastTaken(of queue: String) -> EventLoopFuture<UInt64> { perform { $0.queues[queue]?.lastTaken ?? 0 } }

    package func queuedJobs(queue name: String, limit: Int) -> EventLoopFuture<[QueuedJob]> {
        perform { state in
            guard let queue = state.queues[name] else { return [] }
            let open = queue.jobs.compactMap { entryID, job -> QueuedJob? in
                guard let request = state.requests[job.requestID], !request.record.state.isEnded else { return nil }
                return QueuedJob(
                    record: request.record, tokens: request.tokens,
                    deliveries: queue.pending[entryID]?.deliveries ?? 0)
            }
            return Array(open.prefix(limit))
        }
    }

    package func ping() -> EventLoopFuture<Void> { perform { _ in } }

    // MARK: Subscriptions

    private func subscribe<Key: Hashable & Sendable, Event: Sendable>(
        _ path: any WritableKeyPath<InMemoryStore.State, [Key: [InMemoryStore.Listener<Event>]]> & Sendable, _ key: Key,
        _ handler: @escaping @Sendable (Event) -> Void
    ) -> any BrokerSubscription {
        let isOver = OnceFlag()
        let promise = eventLoop.makePromise(of: Void.self)
        let eventLoop = eventLoop
        let id = store.state.withLock { state in
            let id = state.nextNumber()
            let register: @Sendable (inout InMemoryStore.State) -> Void = { state in
                if !isOver.isSet {
                    state[keyPath: path][key, default: []].append(
                        .init(id: id, eventLoop: eventLoop) { event in if !isOver.isSet { handler(event) } })
                }
                eventLoop.execute { promise.succeed() }
            }
            if state.waitingSubscriptions == nil {
                register(&state)
            } else {
                state.waitingSubscriptions?.append(register)
            }
            return id
        }
        return InMemorySubscription(confirmed: promise.futureResult) { [store] in
            isOver.set()
            store.state.withLock { state in
                state[keyPath: path][key]?.removeAll { $0.id == id }
                if state[keyPath: path][key]?.isEmpty == true { state[keyPath: path][key] = nil }
            }
        }
    }
}

private struct InMemorySubscription: BrokerSubscription {
    let confirmed: EventLoopFuture<Void>
    let end: @Sendable () -> Void

    func cancel() { end() }
}

/// A flag that is set once.
private final class OnceFlag: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock { $0 } }
    func set() { flag.withLock { $0 = true } }
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

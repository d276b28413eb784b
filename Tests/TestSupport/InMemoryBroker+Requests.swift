package import NIOCore
package import Shared

extension InMemoryBroker {
    package func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome> {
        accept(submission).map { outcome in
            if case .accepted = outcome { onAccepted() }
            return outcome
        }
    }

    private func accept(_ submission: Submission) -> EventLoopFuture<SubmitOutcome> {
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

    func stop(
        _ state: inout InMemoryStore.State, _ id: RequestID, _ intent: StopIntent, _ owner: String?
    ) throws(BrokerError) -> StopReceipt {
        if owner == nil, state.forbidden.contains(id) { return StopReceipt(outcome: .alreadyStopped, last: .start) }
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

    func expire(_ state: inout InMemoryStore.State, _ id: RequestID) {
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
}

import NIOCore
import Shared
import Synchronization

/// A broker whose answers to some calls a test can hold back or lose. All else passes through.
final class GatedBroker: ForwardingBroker {
    enum Call: Hashable, Sendable {
        case claim, append, finish, release, renew, stop, listen, giveUp, bury, submit, attach, forbid, request
    }

    private struct State {
        var held: Set<Call> = []
        var lost: [Call: Int] = [:]
        var waiting: [(Call, EventLoopPromise<Void>)] = []
        var counts: [Call: Int] = [:]
        var isDeaf = false
        var refusesStops = false
        var blocked: Set<Call> = []
    }

    let base: any Broker
    private let state = Mutex(State())

    init(_ base: any Broker) { self.base = base }

    /// How often a call was made.
    func count(_ call: Call) -> Int { state.withLock { $0.counts[call] ?? 0 } }

    /// Calls of this kind are carried out, and not answered until `answer(_:)`.
    func hold(_ call: Call) { state.withLock { _ = $0.held.insert(call) } }

    /// Answers what was held, and holds no longer.
    func answer(_ call: Call) {
        let promises = state.withLock { state in
            state.held.remove(call)
            defer { state.waiting.removeAll { $0.0 == call } }
            return state.waiting.filter { $0.0 == call }.map(\.1)
        }
        for promise in promises { promise.succeed() }
    }

    /// The answers to the next `count` calls are lost, though they are carried out.
    func loseAnswers(_ call: Call, _ count: Int) { state.withLock { $0.lost[call] = count } }

    /// Renewals are not carried out and fail as `unavailable`, until they are let through again.
    func blockRenewals(_ blocks: Bool) { state.withLock { $0.blocked = blocks ? [.renew] : [] } }

    /// The same of stops.
    func blockStops(_ blocks: Bool) { state.withLock { $0.blocked = blocks ? [.stop] : [] } }

    /// Chunks are not written and fail as `overloaded`, as where Redis has no memory, until they are let through again.
    func blockAppends(_ blocks: Bool) { state.withLock { $0.blocked = blocks ? [.append] : [] } }

    /// From now on no stop channel brings anything.
    func deafen() { state.withLock { $0.isDeaf = true } }

    /// From now on Redis refuses that stop channels are subscribed to.
    func refuseStops() { state.withLock { $0.refusesStops = true } }

    private func gate<Value: Sendable>(_ call: Call, _ future: EventLoopFuture<Value>) -> EventLoopFuture<Value> {
        let (promise, isLost): (EventLoopPromise<Void>?, Bool) = state.withLock { state in
            state.counts[call, default: 0] += 1
            if let count = state.lost[call], count > 0 {
                state.lost[call] = count - 1
                return (nil, true)
            }
            guard state.held.contains(call) else { return (nil, false) }
            let promise = eventLoop.makePromise(of: Void.self)
            state.waiting.append((call, promise))
            return (promise, false)
        }
        if isLost {
            return future.flatMapThrowing { _ in throw BrokerError(code: .unavailable, message: "the answer was lost") }
        }
        guard let promise else { return future }
        return future.flatMap { value in promise.futureResult.map { value } }
    }

    func claim(_ delivery: JobDelivery, worker: String) -> EventLoopFuture<ClaimOutcome> {
        gate(.claim, base.claim(delivery, worker: worker))
    }
    func append(
        _ chunks: [TokenChunk], to request: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) {
        guard !state.withLock({ $0.blocked.contains(.append) }) else {
            return gate(.append, eventLoop.makeFailedFuture(BrokerError(code: .overloaded, message: "blocked")))
                .whenComplete(completion)
        }
        gate(.append, base.append(chunks, to: request)).whenComplete(completion)
    }
    func finish(_ request: RequestID, attempt: UInt64, ending: AttemptEnding) -> EventLoopFuture<Ending?> {
        gate(.finish, base.finish(request, attempt: attempt, ending: ending))
    }
    func release(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        gate(.release, base.release(delivery, attempt: attempt, worker: worker))
    }

    func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome> {
        gate(.submit, base.submit(submission, onAccepted: onAccepted))
    }
    func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> { gate(.request, base.request(id)) }
    func attach(child: RequestID, to request: RequestID, attempt: UInt64) -> EventLoopFuture<LeaseState> {
        gate(.attach, base.attach(child: child, to: request, attempt: attempt))
    }
    func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void> {
        gate(.forbid, base.forbid(request, intent: intent))
    }
    func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        guard !state.withLock({ $0.blocked.contains(.stop) }) else {
            return gate(
                .stop, eventLoop.makeFailedFuture(BrokerError(code: .unavailable, message: "blocked")))
        }
        return gate(.stop, base.stop(request, intent: intent, owner: owner))
    }
    func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        guard !state.withLock({ $0.blocked.contains(.renew) }) else {
            return eventLoop.makeFailedFuture(BrokerError(code: .unavailable, message: "blocked"))
        }
        return gate(.renew, base.renew(delivery, attempt: attempt, worker: worker))
    }
    func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome> {
        gate(.giveUp, base.giveUp(delivery, failure: failure))
    }
    func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool> {
        gate(.bury, base.bury(delivery, reason: reason))
    }
    func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription {
        guard !state.withLock({ $0.refusesStops }) else {
            let refusal = BrokerError(code: .refused, message: "no permission")
            return GatedSubscription(confirmed: eventLoop.makeFailedFuture(refusal)) {}
        }
        let subscription = base.listenForStops(of: request) { event in
            if !self.state.withLock({ $0.isDeaf }) { handler(event) }
        }
        let confirmed = eventLoop.makePromise(of: Void.self)
        gate(.listen, subscription.confirmed).cascade(to: confirmed)
        return GatedSubscription(confirmed: confirmed.futureResult) {
            subscription.cancel()
            confirmed.fail(BrokerError(code: .unavailable, message: "cancelled"))
        }
    }
}

/// Like that of Redis, it fails when it is cancelled before it was confirmed.
private struct GatedSubscription: BrokerSubscription {
    let confirmed: EventLoopFuture<Void>
    let end: @Sendable () -> Void

    func cancel() { end() }
}

import NIOCore
import Shared
import Synchronization

/// A broker whose answers to some calls a test can hold back or lose. All else passes through.
final class GatedBroker: Broker {
    enum Call: Hashable, Sendable {
        case claim, append, finish, release, renew, stop, listen, giveUp, bury, submit, attach, forbid
    }

    private struct State {
        var held: Set<Call> = []
        var lost: [Call: Int] = [:]
        var waiting: [(Call, EventLoopPromise<Void>)] = []
        var counts: [Call: Int] = [:]
        var isDeaf = false
        var blocked: Set<Call> = []
    }

    private let broker: any Broker
    private let state = Mutex(State())

    init(_ broker: any Broker) { self.broker = broker }

    var eventLoop: any EventLoop { broker.eventLoop }
    var connections: BrokerConnections { broker.connections }

    func weaknesses() -> EventLoopFuture<[BrokerWeakness]> { broker.weaknesses() }

    func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        broker.beat(number, name: name, timeout: timeout)
    }

    func listenForBeats(
        name: String, handler: @escaping @Sendable (BeatEvent) -> Void
    ) -> any BrokerSubscription {
        broker.listenForBeats(name: name, handler: handler)
    }

    func renewSubscriptions(because reason: String) { broker.renewSubscriptions(because: reason) }

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

    /// From now on no stop channel brings anything.
    func deafen() { state.withLock { $0.isDeaf = true } }

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
        gate(.claim, broker.claim(delivery, worker: worker))
    }
    func append(_ chunks: [TokenChunk], to request: RequestID) -> EventLoopFuture<AppendOutcome> {
        gate(.append, broker.append(chunks, to: request))
    }
    func finish(_ request: RequestID, attempt: UInt64, ending: AttemptEnding) -> EventLoopFuture<Ending?> {
        gate(.finish, broker.finish(request, attempt: attempt, ending: ending))
    }
    func release(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        gate(.release, broker.release(delivery, attempt: attempt, worker: worker))
    }

    func submit(_ submission: Submission) -> EventLoopFuture<SubmitOutcome> {
        gate(.submit, broker.submit(submission))
    }
    func attach(child: RequestID, to request: RequestID, attempt: UInt64) -> EventLoopFuture<LeaseState> {
        gate(.attach, broker.attach(child: child, to: request, attempt: attempt))
    }
    func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void> {
        gate(.forbid, broker.forbid(request, intent: intent))
    }
    func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        gate(.stop, broker.stop(request, intent: intent, owner: owner))
    }
    func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> { broker.request(id) }
    func takeJobs(queue: String, worker: String, limit: Int, wait: TimeAmount) async throws -> [JobDelivery] {
        try await broker.takeJobs(queue: queue, worker: worker, limit: limit, wait: wait)
    }
    func reclaimJobs(
        queue: String, worker: String, idle: TimeAmount, limit: Int
    ) -> EventLoopFuture<[JobDelivery]> {
        broker.reclaimJobs(queue: queue, worker: worker, idle: idle, limit: limit)
    }
    func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        guard !state.withLock({ $0.blocked.contains(.renew) }) else {
            return eventLoop.makeFailedFuture(BrokerError(code: .unavailable, message: "blocked"))
        }
        return gate(.renew, broker.renew(delivery, attempt: attempt, worker: worker))
    }
    func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome> {
        gate(.giveUp, broker.giveUp(delivery, failure: failure))
    }
    func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool> {
        gate(.bury, broker.bury(delivery, reason: reason))
    }
    func deadJobs(queue: String, limit: Int) -> EventLoopFuture<[DeadJob]> {
        broker.deadJobs(queue: queue, limit: limit)
    }
    func dropDeadJob(_ id: String, queue: String) -> EventLoopFuture<Bool> { broker.dropDeadJob(id, queue: queue) }
    func acknowledge(_ delivery: JobDelivery) -> EventLoopFuture<Void> { broker.acknowledge(delivery) }
    func onRelease(queue: String, handler: @escaping @Sendable () -> Void) -> any BrokerSubscription {
        broker.onRelease(queue: queue, handler: handler)
    }
    func takers(of queue: String) -> EventLoopFuture<Int> { broker.takers(of: queue) }
    func entries(of request: RequestID, after cursor: EntryID, limit: Int) -> EventLoopFuture<[TokenEntry]> {
        broker.entries(of: request, after: cursor, limit: limit)
    }
    func followTokens(
        of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void
    ) -> any BrokerSubscription {
        broker.followTokens(of: request, handler: handler)
    }
    func audience(of request: RequestID) -> EventLoopFuture<Audience> { broker.audience(of: request) }

    func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void> { broker.viewersLeft(request) }
    func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription {
        let subscription = broker.listenForStops(of: request) { event in
            if !self.state.withLock({ $0.isDeaf }) { handler(event) }
        }
        let confirmed = eventLoop.makePromise(of: Void.self)
        gate(.listen, subscription.confirmed).cascade(to: confirmed)
        return GatedSubscription(confirmed: confirmed.futureResult) {
            subscription.cancel()
            confirmed.fail(BrokerError(code: .unavailable, message: "cancelled"))
        }
    }
    func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> { broker.message(id) }
    func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?> {
        broker.message(id, scope: scope)
    }
    func conversation(
        _ id: SessionID, scope: String?, limit: Int, bytes: Int
    ) -> EventLoopFuture<[MessageRecord]?> {
        broker.conversation(id, scope: scope, limit: limit, bytes: bytes)
    }
    func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> { broker.sessionOwner(id) }
    func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        broker.messages(of: session, limit: limit, bytes: bytes)
    }
    func announce(_ node: NodeRecord) -> EventLoopFuture<Void> { broker.announce(node) }
    func retire(_ node: String) -> EventLoopFuture<Void> { broker.retire(node) }
    func nodes() -> EventLoopFuture<[NodeRecord]> { broker.nodes() }
    func queuedJobs(queue: String, limit: Int) -> EventLoopFuture<[QueuedJob]> {
        broker.queuedJobs(queue: queue, limit: limit)
    }
    func ping() -> EventLoopFuture<Void> { broker.ping() }
}

/// Like that of Redis, it fails when it is cancelled before it was confirmed.
private struct GatedSubscription: BrokerSubscription {
    let confirmed: EventLoopFuture<Void>
    let end: @Sendable () -> Void

    func cancel() { end() }
}

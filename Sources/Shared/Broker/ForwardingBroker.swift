package import NIOCore

/// A broker that does as another one does, but for the methods that it has of its own. For tests, and for `MutantBroker`.
package protocol ForwardingBroker: Broker {
    /// Who does it.
    var base: any Broker { get }
}

extension ForwardingBroker {
    package var eventLoop: any EventLoop { base.eventLoop }

    package func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome> { base.submit(submission, onAccepted: onAccepted) }
    package func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        base.stop(request, intent: intent, owner: owner)
    }
    package func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void> {
        base.forbid(request, intent: intent)
    }
    package func count(_ request: RequestID, of owner: String, limit: Int) -> EventLoopFuture<CountOutcome> {
        base.count(request, of: owner, limit: limit)
    }
    package func discount(_ request: RequestID, of owner: String) -> EventLoopFuture<Void> {
        base.discount(request, of: owner)
    }
    package func expire(_ request: RequestID) -> EventLoopFuture<ExpiryOutcome> { base.expire(request) }
    package func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> { base.request(id) }

    package func takeJobs(queue: String, worker: String, limit: Int, wait: TimeAmount) async throws -> [JobDelivery] {
        try await base.takeJobs(queue: queue, worker: worker, limit: limit, wait: wait)
    }
    package func reclaimJobs(
        queue: String, worker: String, idle: TimeAmount, limit: Int
    ) -> EventLoopFuture<[JobDelivery]> {
        base.reclaimJobs(queue: queue, worker: worker, idle: idle, limit: limit)
    }
    package func claim(_ delivery: JobDelivery, worker: String) -> EventLoopFuture<ClaimOutcome> {
        base.claim(delivery, worker: worker)
    }
    package func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        base.renew(delivery, attempt: attempt, worker: worker)
    }
    package func attach(child: RequestID, to request: RequestID, attempt: UInt64) -> EventLoopFuture<LeaseState> {
        base.attach(child: child, to: request, attempt: attempt)
    }
    package func release(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        base.release(delivery, attempt: attempt, worker: worker)
    }
    package func finish(_ request: RequestID, attempt: UInt64, ending: AttemptEnding) -> EventLoopFuture<Ending?> {
        base.finish(request, attempt: attempt, ending: ending)
    }
    package func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome> {
        base.giveUp(delivery, failure: failure)
    }
    package func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool> {
        base.bury(delivery, reason: reason)
    }
    package func acknowledge(_ delivery: JobDelivery) -> EventLoopFuture<Void> { base.acknowledge(delivery) }
    package func onRelease(queue: String, handler: @escaping @Sendable () -> Void) -> any BrokerSubscription {
        base.onRelease(queue: queue, handler: handler)
    }
    package func takers(of queue: String) -> EventLoopFuture<Int> { base.takers(of: queue) }

    package func append(
        _ chunks: [TokenChunk], to request: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) { base.append(chunks, to: request, completion: completion) }
    package func entries(
        of request: RequestID, after cursor: EntryID, limit: Int
    ) -> EventLoopFuture<[TokenEntry]> { base.entries(of: request, after: cursor, limit: limit) }
    package func followTokens(
        of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void
    ) -> any BrokerSubscription { base.followTokens(of: request, handler: handler) }
    package func audience(of request: RequestID) -> EventLoopFuture<Audience> { base.audience(of: request) }
    package func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void> { base.viewersLeft(request) }

    package func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription { base.listenForStops(of: request, handler: handler) }

    package var connections: BrokerConnections { base.connections }
    package func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        base.beat(number, name: name, timeout: timeout)
    }
    package func listenForBeats(
        name: String, handler: @escaping @Sendable (BeatEvent) -> Void
    ) -> any BrokerSubscription { base.listenForBeats(name: name, handler: handler) }
    package func renewSubscriptions(because reason: String) { base.renewSubscriptions(because: reason) }

    package func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> { base.message(id) }
    package func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?> {
        base.message(id, scope: scope)
    }
    package func conversation(
        _ id: SessionID, scope: String?, limit: Int, bytes: Int
    ) -> EventLoopFuture<[MessageRecord]?> { base.conversation(id, scope: scope, limit: limit, bytes: bytes) }
    package func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> { base.sessionOwner(id) }
    package func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        base.messages(of: session, limit: limit, bytes: bytes)
    }

    package func lastTaken(of queue: String) -> EventLoopFuture<UInt64> { base.lastTaken(of: queue) }
    package func queueStatus(of queue: String) -> EventLoopFuture<QueueStatus> { base.queueStatus(of: queue) }
    package func announce(_ node: NodeRecord) -> EventLoopFuture<Bool> { base.announce(node) }
    package func retire(_ node: String) -> EventLoopFuture<Void> { base.retire(node) }
    package func nodes() -> EventLoopFuture<[NodeRecord]> { base.nodes() }
    package func queuedJobs(queue: String, limit: Int) -> EventLoopFuture<[QueuedJob]> {
        base.queuedJobs(queue: queue, limit: limit)
    }
    package func deadJobs(queue: String, limit: Int) -> EventLoopFuture<[DeadJob]> {
        base.deadJobs(queue: queue, limit: limit)
    }
    package func dropDeadJob(_ id: String, queue: String) -> EventLoopFuture<Bool> {
        base.dropDeadJob(id, queue: queue)
    }
    package func weaknesses() -> EventLoopFuture<[BrokerWeakness]> { base.weaknesses() }
    package func ping() -> EventLoopFuture<Void> { base.ping() }
}

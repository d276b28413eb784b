package import NIOCore

/// The seam between Penstock's nodes and what carries jobs, tokens and stops between them. Redis does in production
/// (`RedisBroker`); an in-memory double passes the same conformance suite.
///
/// A broker is bound to one event loop. Its methods may be called from anywhere, but calls made on the loop are carried out in
/// the order of the calls; every future completes, and every handler is called, on that loop.
///
/// Guarantees that hold for every implementation:
/// - **Atomic**: `submit`, `claim`, `finish`, `stop` and `release` each see and change a request at one instant.
/// - **Fenced**: after `stop` has succeeded on a running request, no later `append` of its current attempt succeeds; after
///   `claim` has succeeded, no `append`, `finish` or `release` of an earlier attempt does.
/// - **One ending**: the first of `finish` and `stop` that ends a request writes its ending; later ones change nothing.
/// - **Exact**: the saved message is the concatenation of the chunks of the log behind its last restart, in order.
///
/// Futures fail with `BrokerError`. A failure of code `unavailable` leaves open whether the call was carried out; each method
/// says how it is repeated safely.
package protocol Broker: Sendable {
    /// Where futures complete and handlers are called.
    var eventLoop: any EventLoop { get }

    // MARK: Requests

    /// Accepts a request, puts its job in its queue, and saves the user's message.
    ///
    /// Repeating it with the same id, owner and content joins what is there (and puts the job in its queue if that had not
    /// been done), so it is safe to repeat. Where the queue is full, nothing of it is left; of many submissions at the same time
    /// no more are taken than there is room for.
    ///
    /// Calls `onAccepted` on the event loop, once, when the job is in its queue; the message is saved when the future succeeds with
    /// `accepted`, which is later or may fail still.
    func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome>

    /// Records a stop, seals the log and tells the worker; or, where no worker has the request, ends it at once.
    ///
    /// A request that was attached to it is forbidden soon after. Safe to repeat. Fails with `notFound` where there is no such
    /// request or `owner` does not own it.
    func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt>

    /// Stops a request whatever becomes of it: one that is not there cannot be submitted any more (`conflict`), for an hour. Safe to
    /// repeat.
    func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void>

    /// Ends a request whose time (`GenerationJob.timeLimits`) is over and that has not ended, as expired; a recorded stop turns that into
    /// `cancelled`. One that runs is its worker's to end: that is waited for some seconds longer, and then the worker is fenced. The
    /// broker's own clock decides, whatever the caller's says. A request that was attached to it is forbidden soon after. Safe to repeat.
    func expire(_ request: RequestID) -> EventLoopFuture<ExpiryOutcome>

    /// Counts a request that is about to be submitted among the open ones of its owner, unless `limit` are open already: of all who ask at the
    /// same time, on whichever node, no more are counted than that. It counts until it is discounted; one that ended, or was
    /// never submitted, is discounted at the latest when another one would be refused for it. Safe to repeat.
    func count(_ request: RequestID, of owner: String, limit: Int) -> EventLoopFuture<CountOutcome>

    /// The request has ended, or was not submitted. Safe to repeat.
    func discount(_ request: RequestID, of owner: String) -> EventLoopFuture<Void>

    /// What is known of a request, or nil.
    func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?>

    // MARK: Jobs

    /// Takes up to `limit` new jobs of `queue` for `worker`, waiting up to `wait` for the first.
    ///
    /// Cancelling the task ends the wait; jobs that were taken in that moment are returned. Throws `BrokerError`.
    func takeJobs(queue: String, worker: String, limit: Int, wait: TimeAmount) async throws -> [JobDelivery]

    /// Takes over up to `limit` jobs that nobody has renewed for `idle`, also this worker's own. Includes released ones at once.
    func reclaimJobs(queue: String, worker: String, idle: TimeAmount, limit: Int) -> EventLoopFuture<[JobDelivery]>

    /// Makes `worker` the owner of a request, with the next attempt. One whose time is over ends here.
    func claim(_ delivery: JobDelivery, worker: String) -> EventLoopFuture<ClaimOutcome>

    /// Renews the lease of a running job and reads its intent. Safe to repeat.
    func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState>

    /// Notes that `child` works for a running request, before it is submitted: from here on whoever stops the one forbids the other.
    /// Nothing is noted where the attempt does not own the request, or a stop is recorded. Safe to repeat.
    func attach(child: RequestID, to request: RequestID, attempt: UInt64) -> EventLoopFuture<LeaseState>

    /// Gives a running request back to its queue with what was said so far, for the next worker. A stop that was
    /// recorded before wins: the answer is then `stopped`, and the caller finishes it. Safe to repeat.
    func release(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState>

    /// Ends a request and saves its message, if `attempt` is current and nobody ended it before. A stop that was recorded
    /// before turns any ending into `cancelled`; what is said of an expired one is the broker's to say. Returns the ending that stands, or nil where the attempt is fenced. Safe to
    /// repeat.
    func finish(_ request: RequestID, attempt: UInt64, ending: AttemptEnding) -> EventLoopFuture<Ending?>

    /// Ends the request of a job that is in the hands of this worker and not claimed as failed, unless it had ended or a stop is
    /// recorded. Safe to repeat, with the same answer.
    func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome>

    /// Takes a job out of the hands of this worker for good, and keeps it among the dead ones of its queue. Returns whether that
    /// was done now. Safe to repeat: it is kept once.
    func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool>

    /// Takes a job out of the hands of this worker for good. Safe to repeat.
    func acknowledge(_ delivery: JobDelivery) -> EventLoopFuture<Void>

    /// Calls `handler` when a job was released to `queue`, so that `reclaimJobs` would find it.
    func onRelease(queue: String, handler: @escaping @Sendable () -> Void) -> any BrokerSubscription

    /// How many workers would hear now that a job was released to `queue`: those that are connected and take jobs.
    func takers(of queue: String) -> EventLoopFuture<Int>

    // MARK: Tokens

    /// Writes chunks, or a restart, to the log and to the live feed, in order: all of them or none. Their ids follow one another. Safe
    /// to repeat with the same ones. The completion is called once, on the loop, with the outcome or a `BrokerError`: a future for each
    /// token would cost more than the token.
    func append(
        _ chunks: [TokenChunk], to request: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void)

    /// The entries of the log behind `cursor`, oldest first, at most `limit`.
    func entries(of request: RequestID, after cursor: EntryID, limit: Int) -> EventLoopFuture<[TokenEntry]>

    /// Calls `handler` with each entry as it passes. The feed may lose entries and repeat them; the log does neither.
    func followTokens(of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void) -> any BrokerSubscription

    /// Who follows the live feed of a request now, on all nodes, and since when one who left is noted.
    func audience(of request: RequestID) -> EventLoopFuture<Audience>

    /// Notes that the last viewer at one node has left now. Safe to repeat.
    func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void>

    // MARK: Stops

    /// Calls `handler` with each signal on the stop channel of a request. Signals may be lost with the connection, which
    /// `interrupted` and `resumed` tell; the recorded intent is not.
    func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription

    // MARK: The control path

    /// Whether its connections stand now. Call on the loop.
    var connections: BrokerConnections { get }

    /// Sends a beat on the channel of `name`, by the way that commands take. Returns how many listen there; that is not to say
    /// that they hear.
    func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int>

    /// Calls `handler` with each beat on the channel of `name`, which come by the very way that stops come. One per broker.
    func listenForBeats(name: String, handler: @escaping @Sendable (BeatEvent) -> Void) -> any BrokerSubscription

    /// Makes the way that stops come by anew, whatever it looks like: every subscription is `interrupted`, then `resumed`.
    /// Nothing where that is under way already. Call on the loop.
    func renewSubscriptions(because reason: String)

    // MARK: Messages

    /// A saved message, or the partial answer of a running request, or nil.
    func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?>

    /// The same as `message`, and nil where it does not belong to `scope`, the owner on whose behalf is asked (nil: an operator).
    /// What belongs to somebody else costs what does not exist costs: nothing of it is read.
    func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?>

    /// The same as `messages` of a conversation of `scope` (nil: an operator, of anybody's); nil where there is none or it belongs to
    /// somebody else, of which nothing is read.
    func conversation(_ id: SessionID, scope: String?, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]?>

    /// The conversation's owner, or nil where there is no such conversation.
    func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?>

    /// The latest messages of a conversation, oldest first: at most `limit`, and no more than fit into `bytes` of text, but for
    /// the very last one, which is always among them.
    func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]>

    // MARK: Nodes

    /// Shows a node as alive for the next ten seconds. Returns whether it was on the list already, as it is for a minute or longer.
    func announce(_ node: NodeRecord) -> EventLoopFuture<Bool>

    /// Takes a node off the list.
    func retire(_ node: String) -> EventLoopFuture<Void>

    /// The nodes that are alive.
    func nodes() -> EventLoopFuture<[NodeRecord]>

    /// The number of the last job of a queue that a worker has taken, 0 where none was. Costs one small command, however long the
    /// queue is.
    func lastTaken(of queue: String) -> EventLoopFuture<UInt64>

    /// How many jobs of a queue wait, how many are taken, and for how long the oldest has waited. Costs the same however long the queue is.
    func queueStatus(of queue: String) -> EventLoopFuture<QueueStatus>

    /// The jobs of a queue that have not ended: queued and running, oldest first, at most `limit`.
    func queuedJobs(queue: String, limit: Int) -> EventLoopFuture<[QueuedJob]>

    /// The dead jobs of a queue, oldest first, at most `limit`.
    func deadJobs(queue: String, limit: Int) -> EventLoopFuture<[DeadJob]>

    /// Forgets a dead job. Returns whether there was one.
    func dropDeadJob(_ id: String, queue: String) -> EventLoopFuture<Bool>

    /// What of its settings may lose what it is given; empty where nothing may.
    func weaknesses() -> EventLoopFuture<[BrokerWeakness]>

    /// Whether the broker answers now.
    func ping() -> EventLoopFuture<Void>
}

extension Broker {
    /// The same, for one who waits for the whole of it.
    package func submit(_ submission: Submission) -> EventLoopFuture<SubmitOutcome> {
        submit(submission, onAccepted: {})
    }

    /// The same, as a future.
    package func append(_ chunks: [TokenChunk], to request: RequestID) -> EventLoopFuture<AppendOutcome> {
        let promise = eventLoop.makePromise(of: AppendOutcome.self)
        append(chunks, to: request) { promise.completeWith($0) }
        return promise.futureResult
    }
}

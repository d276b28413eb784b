package import NIOCore

/// Reads the token log of one request from a cursor to its ending: in order, none twice, none missing.
///
/// It follows the live feed while that is whole and reads the log over every hole: at the start, after the feed was lost,
/// after a pause. Nothing is buffered. Where the log has nothing, after such a hole or when nothing came for a while, it asks whether
/// the request is still there: of one that Redis has lost, or that ended so long ago that its log is gone, nothing will ever come.
/// Bound to the event loop of its broker: every method must be called on that loop, and the
/// handler is called there. While Redis is away it waits and tries again.
///
/// `@unchecked Sendable`: it is captured by handlers that run on its event loop and touched nowhere else.
package final class TokenSubscriber: @unchecked Sendable {
    package enum Event: Sendable {
        /// The next entry. After an ending nothing more comes.
        case entry(TokenEntry)
        /// The log cannot be read for a reason that waiting does not mend: `notFound` where the request is lost or its log gone. The
        /// saved message may tell more. Nothing more comes.
        case failed(BrokerError)
    }

    /// Why the live feed lacks something that is then read from the log.
    package enum Hole: String, Hashable, Sendable, CaseIterable {
        /// An entry does not follow the one before.
        case gap
        /// The subscription was lost, and is back.
        case interruption
    }

    /// Called with each hole of the feed once the entries before it were handed over, when its filling begins.
    package var onHole: ((Hole) -> Void)?

    private let broker: any Broker
    private let request: RequestID
    /// Nobody's any more when it has ended.
    private var handler: ((Event) -> Void)?
    private var machine: TokenCursorStateMachine
    private var subscription: (any BrokerSubscription)?
    private var flushes: [(target: EntryID, promise: EventLoopPromise<Void>)] = []
    /// Tells the answer of the present read from that of one that a pause made void.
    private var generation = 0
    private var backoff = Backoff.broker
    /// Whether the request was accepted: only then is its absence a loss.
    private var isSubmitted: Bool
    /// Whether it is to be asked for when the log has nothing.
    private var isDoubtful = false
    private let silence: TimeAmount
    private var silenceTimer: Scheduled<Void>?
    private var delivered = 0

    /// Entries to a page of the log.
    private static let pageSize = 128

    /// One who follows a request before it is submitted says so, and calls `submitted()` then. After `silence` without an entry it is
    /// asked whether the request is still there.
    package init(
        broker: any Broker, request: RequestID, after cursor: EntryID, isSubmitted: Bool = true,
        silence: TimeAmount = .seconds(30), handler: @escaping (Event) -> Void
    ) {
        self.isSubmitted = isSubmitted
        self.silence = silence
        self.broker = broker
        self.request = request
        self.handler = handler
        self.machine = TokenCursorStateMachine(cursor: cursor)
    }

    /// The id of the last entry handed over.
    package var cursor: EntryID { machine.cursor }

    /// Begins. Call once. Completes when it counts among the viewers of the request; the first entry comes after that, or for a flush. Fails
    /// where the live feed is refused, which the handler is told as well.
    @discardableResult
    package func start() -> EventLoopFuture<Void> {
        broker.eventLoop.assertInEventLoop()
        precondition(subscription == nil, "started twice")
        // Until it ends or is cancelled the subscription keeps this alive: each token would pay for finding out whether it is.
        let subscription = broker.followTokens(of: request) { event in self.received(event) }
        self.subscription = subscription
        subscription.confirmed.whenComplete { [weak self] result in
            switch result {
            case .success: self?.established()
            case .failure(let error): self?.fail(error)
            }
        }
        watchSilence(since: delivered)
        return subscription.confirmed
    }

    /// The request was accepted.
    package func submitted() { isSubmitted = true }

    /// Stops handing over until `resume()`; waiting flushes are released. May be called from the handler.
    package func pause() {
        broker.eventLoop.assertInEventLoop()
        machine.pauseRequested()
        generation += 1
        releaseFlushes(upTo: nil)
    }

    /// Goes on behind the cursor, from the log.
    package func resume() {
        broker.eventLoop.assertInEventLoop()
        isDoubtful = true
        perform(machine.resumeRequested())
    }

    /// Completes when every entry up to `target` has been handed over, reading the log where the feed is behind or not heard yet; or at
    /// once where that is not going to happen: paused, ended, cancelled. Never fails.
    package func flush(to target: EntryID) -> EventLoopFuture<Void> {
        broker.eventLoop.assertInEventLoop()
        guard machine.cursor < target, !machine.isPaused, !machine.isEnded else {
            return broker.eventLoop.makeSucceededVoidFuture()
        }
        let promise = broker.eventLoop.makePromise(of: Void.self)
        flushes.append((target, promise))
        perform(machine.flushRequested(to: target))
        return promise.futureResult
    }

    /// Ends it; the handler is not called again. Idempotent.
    package func cancel() {
        broker.eventLoop.assertInEventLoop()
        machine.cancelled()
        generation += 1
        silenceTimer?.cancel()
        subscription?.cancel()
        releaseFlushes(upTo: nil)
        handler = nil
    }

    private func received(_ event: FeedEvent) {
        switch event {
        case .entry(let entry):
            switch machine.feedReceived(entry) {
            case .deliver: deliver(entry)
            case .read(let cursor):
                onHole?(.gap)
                read(after: cursor)
            case .none: break
            }
        case .interrupted: break
        case .resumed:
            if !machine.isEnded { onHole?(.interruption) }
            isDoubtful = true
            established()
        case .refused(let error): fail(error)
        }
    }

    private func established() { perform(machine.feedEstablished()) }

    private func perform(_ action: TokenCursorStateMachine.Action) {
        switch action {
        case .read(let cursor): read(after: cursor)
        case .none, .deliver: break
        }
    }

    private func read(after cursor: EntryID) {
        generation += 1
        let generation = generation
        broker.entries(of: request, after: cursor, limit: Self.pageSize).whenComplete { [weak self] result in
            guard let self, self.generation == generation, !self.machine.isEnded else { return }
            switch result {
            case .success(let page): self.received(page, after: cursor, generation: generation)
            case .failure(let error): self.readFailed(error, after: cursor)
            }
        }
    }

    private func received(_ page: [TokenEntry], after cursor: EntryID, generation: Int) {
        backoff.reset()
        for entry in page {
            guard case .deliver = machine.logReceived(entry) else { continue }
            deliver(entry)
            guard self.generation == generation else { return }
        }
        perform(machine.pageEnded(progressed: machine.cursor > cursor, full: page.count == Self.pageSize))
        if isDoubtful, !machine.isReading, !machine.isEnded, !machine.isPaused {
            isDoubtful = false
            if page.isEmpty { examine() }
        }
        // What the log does not hold now will not come by reading again.
        if case .some = flushes.first { releaseFlushes(upTo: machine.isReading ? machine.cursor : nil) }
    }

    private func readFailed(_ error: any Error, after cursor: EntryID) {
        if let error = error as? BrokerError, error.code == .refused { return fail(error) }
        let generation = generation
        broker.eventLoop.scheduleTask(in: backoff.next()) { [weak self] in
            guard let self, self.generation == generation, !self.machine.isEnded else { return }
            self.read(after: cursor)
        }
    }

    private func deliver(_ entry: TokenEntry) {
        delivered &+= 1
        if case .ended = entry.body {
            subscription?.cancel()
            silenceTimer?.cancel()
        }
        handler?(.entry(entry))
        if !flushes.isEmpty { releaseFlushes(upTo: machine.isEnded ? nil : machine.cursor) }
        if machine.isEnded { self.handler = nil }
    }

    private func fail(_ error: any Error) {
        guard !machine.isEnded else { return }
        let handler = handler
        cancel()
        handler?(
            .failed(
                error as? BrokerError
                    ?? BrokerError(code: .unavailable, message: "the live feed was refused", underlying: error)))
    }

    // MARK: A request that is lost

    private func watchSilence(since before: Int) {
        guard !machine.isEnded else { return }
        silenceTimer = broker.eventLoop.scheduleTask(in: silence) { [weak self] in
            guard let self, !self.machine.isEnded else { return }
            if self.delivered == before, !self.machine.isPaused { self.doubt() }
            self.watchSilence(since: self.delivered)
        }
    }

    /// The log has nothing behind the cursor: asks whether anything can come. First for the request, then for the log once more, for
    /// the ending of one that had ended by then is in it, if it still is.
    private func examine() {
        broker.request(request).whenComplete { [weak self] result in
            guard let self, !self.machine.isEnded else { return }
            guard case .success(let record) = result else { return self.doubt() }
            guard record?.state.isEnded ?? self.isSubmitted else { return }
            let cursor = self.cursor
            self.broker.entries(of: self.request, after: cursor, limit: 1).whenComplete { [weak self] result in
                guard let self, !self.machine.isEnded else { return }
                // Where the request is lost the cursor may move all the same: a worker that does not know yet publishes what no log
                // takes any more.
                guard case .success(let page) = result, page.isEmpty, record == nil || self.cursor == cursor else {
                    return self.doubt()
                }
                self.fail(
                    BrokerError(
                        code: .notFound,
                        message: record == nil ? "the request was lost" : "the log of the answer is gone"))
            }
        }
    }

    /// Reads the log again, and asks again where it has nothing.
    private func doubt() {
        isDoubtful = true
        perform(machine.feedEstablished())
    }

    private func releaseFlushes(upTo cursor: EntryID?) {
        let end = flushes.partition { flush in cursor.map { flush.target <= $0 } ?? true }
        guard end < flushes.endIndex else { return }
        let released = flushes[end...]
        flushes.removeSubrange(end...)
        for flush in released { flush.promise.succeed() }
    }
}

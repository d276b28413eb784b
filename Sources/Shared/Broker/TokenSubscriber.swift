package import NIOCore

/// Reads the token log of one request from a cursor to its ending: in order, none twice, none missing.
///
/// It follows the live feed while that is whole and reads the log over every hole: at the start, after the feed was lost,
/// after a pause. Nothing is buffered. Bound to the event loop of its broker: every method must be called on that loop, and the
/// handler is called there. While Redis is away it waits and tries again.
///
/// `@unchecked Sendable`: it is captured by handlers that run on its event loop and touched nowhere else.
package final class TokenSubscriber: @unchecked Sendable {
    package enum Event: Sendable {
        /// The next entry. After an ending nothing more comes.
        case entry(TokenEntry)
        /// The log cannot be read for a reason that waiting does not mend. Nothing more comes.
        case failed(BrokerError)
    }

    private let broker: any Broker
    private let request: RequestID
    private let handler: (Event) -> Void
    private var machine: TokenCursorStateMachine
    private var subscription: (any BrokerSubscription)?
    private var flushes: [(target: EntryID, promise: EventLoopPromise<Void>)] = []
    /// Tells the answer of the present read from that of one that a pause made void.
    private var generation = 0
    private var backoff = Backoff.broker

    /// Entries to a page of the log.
    private static let pageSize = 128

    package init(
        broker: any Broker, request: RequestID, after cursor: EntryID, handler: @escaping (Event) -> Void
    ) {
        self.broker = broker
        self.request = request
        self.handler = handler
        self.machine = TokenCursorStateMachine(cursor: cursor)
    }

    /// The id of the last entry handed over.
    package var cursor: EntryID { machine.cursor }

    /// Begins. Call once.
    package func start() {
        broker.eventLoop.assertInEventLoop()
        precondition(subscription == nil, "started twice")
        let subscription = broker.followTokens(of: request) { [weak self] event in self?.received(event) }
        self.subscription = subscription
        subscription.confirmed.whenComplete { [weak self] result in
            switch result {
            case .success: self?.established()
            case .failure(let error): self?.fail(error)
            }
        }
    }

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
        perform(machine.resumeRequested())
    }

    /// Completes when every entry up to `target` has been handed over, reading the log where the feed is behind; or at once
    /// where that is not going to happen: paused, ended, cancelled. Never fails.
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
        subscription?.cancel()
        releaseFlushes(upTo: nil)
    }

    private func received(_ event: FeedEvent) {
        switch event {
        case .entry(let entry):
            switch machine.feedReceived(entry) {
            case .deliver: deliver(entry)
            case .read(let cursor): read(after: cursor)
            case .none: break
            }
        case .interrupted: break
        case .resumed: established()
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
        if case .ended = entry.body { subscription?.cancel() }
        handler(.entry(entry))
        if !flushes.isEmpty { releaseFlushes(upTo: machine.isEnded ? nil : machine.cursor) }
    }

    private func fail(_ error: any Error) {
        guard !machine.isEnded else { return }
        cancel()
        handler(
            .failed(
                error as? BrokerError
                    ?? BrokerError(code: .unavailable, message: "the live feed was refused", underlying: error)))
    }

    private func releaseFlushes(upTo cursor: EntryID?) {
        let released = flushes.filter { flush in cursor.map { flush.target <= $0 } ?? true }
        guard !released.isEmpty else { return }
        flushes.removeAll { flush in cursor.map { flush.target <= $0 } ?? true }
        for flush in released { flush.promise.succeed() }
    }
}

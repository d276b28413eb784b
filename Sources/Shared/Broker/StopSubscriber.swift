package import NIOCore

/// Hears the stops of one request, on whichever node it lives.
///
/// A recorded intent reaches the handler however it comes: as a signal, or, after the channel was deaf, from the request's record.
/// A bare publish of an operator is obeyed at once, and recorded, which tells everyone else. Recording is repeated until
/// Redis has answered. That the request has ended is believed when its record says so, for anybody who may publish stops may say
/// it. The handler may be called several times with a stop (a kill may follow a stop), and once with `ended`. Bound to the event
/// loop of its broker: call it there; the handler is called there.
///
/// `@unchecked Sendable`: it is captured by handlers that run on its event loop and touched nowhere else.
package final class StopSubscriber: @unchecked Sendable {
    package enum Event: Hashable, Sendable {
        /// The request is to end.
        case stop(StopIntent)
        /// The ending is written. Nothing more comes.
        case ended
    }

    private let broker: any Broker
    private let request: RequestID
    private let handler: (Event) -> Void
    private var subscription: (any BrokerSubscription)?
    private var isCancelled = false
    /// Bare publishes that were heard and are not recorded yet.
    private var recordings = 0
    private var waiting: [EventLoopPromise<Void>] = []

    /// Subscribes at once.
    package init(broker: any Broker, request: RequestID, handler: @escaping (Event) -> Void) {
        broker.eventLoop.assertInEventLoop()
        self.broker = broker
        self.request = request
        self.handler = handler
        self.subscription = broker.listenForStops(of: request) { [weak self] event in self?.received(event) }
    }

    /// Completes when every signal from now on is heard.
    package var confirmed: EventLoopFuture<Void> {
        subscription?.confirmed ?? broker.eventLoop.makeSucceededVoidFuture()
    }

    /// Completes when all that was heard is recorded, or cannot be. Never fails.
    package var settled: EventLoopFuture<Void> {
        broker.eventLoop.assertInEventLoop()
        guard recordings > 0 else { return broker.eventLoop.makeSucceededVoidFuture() }
        let promise = broker.eventLoop.makePromise(of: Void.self)
        waiting.append(promise)
        return promise.futureResult
    }

    /// Reads the intent from the request's record, for what was recorded before this was confirmed. Repeated until Redis has answered.
    package func readIntent() {
        broker.eventLoop.assertInEventLoop()
        guard !isCancelled else { return }
        readIntent(.broker)
    }

    /// Ends it; the handler is not called again. Idempotent.
    package func cancel() {
        broker.eventLoop.assertInEventLoop()
        isCancelled = true
        subscription?.cancel()
    }

    private func received(_ event: StopChannelEvent) {
        guard !isCancelled else { return }
        switch event {
        case .signal(.recorded(let intent)): handler(.stop(intent))
        case .signal(.ended): readIntent(.broker)
        case .signal(.bare(let mode, let reason)):
            let intent = StopIntent(mode: mode, by: .operator, reason: reason)
            handler(.stop(intent))
            recordings += 1
            record(intent, .broker, until: .now() + Self.patience)
        case .interrupted: break
        case .resumed: readIntent(.broker)
        case .refused: pollIntent()
        }
    }

    /// How long a stop that was heard is kept while Redis cannot take it: longer than an outage after which anyone still waits.
    private static let patience = TimeAmount.minutes(10)

    /// Goes on after a cancellation: an operator was told that somebody heard, so what was heard must not be forgotten with
    /// the one who heard it.
    private func record(_ intent: StopIntent, _ backoff: Backoff, until patience: NIODeadline) {
        broker.stop(request, intent: intent, owner: nil).whenComplete { [self] result in
            var backoff = backoff
            let wait = backoff.next()
            guard case .failure(let error as BrokerError) = result,
                error.code == .unavailable || error.code == .overloaded, NIODeadline.now() + wait < patience
            else { return recorded() }
            broker.eventLoop.scheduleTask(in: wait) { [self, backoff] in record(intent, backoff, until: patience) }
        }
    }

    private func recorded() {
        recordings -= 1
        guard recordings == 0 else { return }
        let waiting = waiting
        self.waiting = []
        for promise in waiting { promise.succeed() }
    }

    private func readIntent(_ backoff: Backoff) {
        broker.request(request).whenComplete { [weak self] result in
            guard let self, !self.isCancelled else { return }
            switch result {
            case .success(let record?) where record.state.isEnded: self.end()
            case .success(let record?): if let stop = record.stop { self.handler(.stop(stop)) }
            case .success(nil): self.end()
            case .failure: self.retry(backoff) { $0.readIntent($1) }
            }
        }
    }

    /// What it may not hear it asks for.
    private func pollIntent() {
        guard !isCancelled else { return }
        readIntent(.broker)
        broker.eventLoop.scheduleTask(in: .seconds(1)) { [weak self] in self?.pollIntent() }
    }

    private func end() {
        guard !isCancelled else { return }
        cancel()
        handler(.ended)
    }

    private func retry(_ backoff: Backoff, _ work: @escaping @Sendable (StopSubscriber, Backoff) -> Void) {
        var backoff = backoff
        broker.eventLoop.scheduleTask(in: backoff.next()) { [self, backoff] in
            if !isCancelled { work(self, backoff) }
        }
    }
}

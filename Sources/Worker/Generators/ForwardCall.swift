package import NIOCore
package import Shared

/// A child request under way: attached to its parent, submitted, followed, and told of stops.
///
/// It is attached before it is submitted, so that a stop of the parent reaches it from wherever that is recorded, also where this
/// forwarder is suspended or dead; one that comes before the submission makes that impossible.
///
/// Bound to the event loop of its broker. `@unchecked Sendable`: it is captured by callbacks that run on that loop and touched
/// nowhere else, but for the pipe, which may be used from anywhere.
package final class ForwardCall: @unchecked Sendable {
    /// Where the child's steps go.
    package let pipe: TokenPipe

    private let submission: Submission
    private let attempt: UInt64
    private let broker: any Broker
    private let parent: RequestContext
    private let child: RequestContext
    private var subscriber: TokenSubscriber?
    private var observation: RequestContext.Observation?
    private var text: ForwardedText
    private var hasEnded = false
    private var isUnfollowed = false
    private var backoff = Backoff.broker

    /// Chunks that wait for the parent's generator before the log does.
    private static let capacity = 256

    /// `attempt` is the parent's, and `textSoFar` what broken ones have passed on.
    package init(
        submission: Submission, attempt: UInt64, textSoFar: String, parent: RequestContext, broker: any Broker
    ) {
        self.submission = submission
        self.attempt = attempt
        self.text = ForwardedText(textSoFar: textSoFar)
        self.parent = parent
        self.broker = broker
        child = RequestContext(id: submission.job.requestID)
        let resume = Resume(broker.eventLoop)
        pipe = TokenPipe(capacity: Self.capacity) { resume.call() }
        resume.target = { [weak self] in self?.subscriber?.resume() }
    }

    /// Submits the child, or joins it, and follows it. The submission is repeated until Redis has answered, also where nobody waits for the
    /// child any more: only then is it known that a stop finds it. Nothing is submitted for a parent that is stopped already or belongs
    /// to somebody else; a child that an earlier attempt left behind is stopped with its parent.
    package func submit() {
        guard !parent.isStopped else {
            stop(parent.isKilled ? .kill : .stop, .broker)
            return pipe.abandon()
        }
        observation = parent.whenStopped { [pipe] in pipe.abandon() }
        pipe.whenAbandoned { [weak self] in self?.onLoop { $0.unfollow() } }
        // The job may have left the generator before this turn of the loop.
        guard !isUnfollowed else { return }
        attach()
    }

    private func attach() {
        // Nothing is submitted yet: where nobody waits any more there is nothing to do.
        guard !isUnfollowed else { return }
        broker.attach(child: child.id, to: parent.id, attempt: attempt).whenComplete { [self] result in
            switch result {
            case .success(.held):
                guard !isUnfollowed else { return }
                parent.link(child: child)
                follow()
                attemptToSubmit()
            case .success(.stopped(let intent)): stop(intent.mode, .broker)
            // The runner finds that out by itself.
            case .success(.lost): pipe.abandon()
            case .failure(let error): failed(error) { $0.attach() }
            }
        }
    }

    private func attemptToSubmit() {
        broker.submit(submission).whenComplete { [self] result in
            switch result {
            case .success(.accepted), .success(.joined): submitted()
            case .success(.conflict):
                fail(GenerationError(.internalError, "the request could not be forwarded: its id is in use"))
            case .success(.queueFull): later { $0.attemptToSubmit() }
            case .failure(let error): failed(error) { $0.attemptToSubmit() }
            }
        }
    }

    private func failed(_ error: any Error, _ again: @escaping @Sendable (ForwardCall) -> Void) {
        switch (error as? BrokerError)?.code {
        case .unavailable, .overloaded: later(again)
        case .notFound, .refused, nil: fail(GenerationError(.internalError, "the request could not be forwarded"))
        }
    }

    private func later(_ again: @escaping @Sendable (ForwardCall) -> Void) {
        broker.eventLoop.scheduleTask(in: backoff.next()) { [self] in again(self) }
    }

    private func submitted() {
        subscriber?.submitted()
        // Both are called at once where the stop came while the child was being submitted. They hold this call until the parent's
        // context is retired.
        child.whenKilled { self.onLoop { $0.stop(.kill, .broker) } }
        child.whenStopped { self.onLoop { $0.stop(.stop, .broker) } }
    }

    /// Stops a child on behalf of its parent, also one that a forwarder which was suspended is about to submit. Safe to repeat.
    package static func stop(
        _ child: RequestID, _ mode: StopIntent.Mode, on broker: any Broker
    ) -> EventLoopFuture<Void> {
        broker.forbid(child, intent: StopIntent(mode: mode, by: .parent))
    }

    private func stop(_ mode: StopIntent.Mode, _ backoff: Backoff) {
        guard !hasEnded else { return }
        Self.stop(child.id, mode, on: broker).whenFailure { [self] _ in
            var backoff = backoff
            broker.eventLoop.scheduleTask(in: backoff.next()) { [self, backoff] in stop(mode, backoff) }
        }
    }

    // MARK: The child's answer

    private func follow() {
        let subscriber = TokenSubscriber(broker: broker, request: child.id, after: .start, isSubmitted: false) {
            [weak self] event in
            self?.received(event)
        }
        self.subscriber = subscriber
        subscriber.start()
    }

    private func unfollow() {
        isUnfollowed = true
        subscriber?.cancel()
        subscriber = nil
        observation?.cancel()
    }

    private func received(_ event: TokenSubscriber.Event) {
        switch event {
        case .entry(let entry):
            switch entry.body {
            case .attempt, .sealed: break
            case .chunk(let words, let tokens): pass(text.said(words, tokens: tokens))
            case .restarted: pass(text.restarted())
            case .ended(let ending, _): ended(ending)
            }
        case .failed(let error) where error.code == .notFound:
            fail(GenerationError(.internalError, "the forwarded request was lost"))
        case .failed: fail(GenerationError(.internalError, "the forwarded answer cannot be read"))
        }
    }

    private func pass(_ steps: [GenerationStep]) {
        var hasRoom = true
        for step in steps { hasRoom = pipe.push(step) }
        if !hasRoom { subscriber?.pause() }
    }

    private func ended(_ ending: Ending) {
        hasEnded = true
        observation?.cancel()
        for step in text.ended() { _ = pipe.push(step) }
        switch ending.state {
        case .completed: _ = pipe.push(.end(.finished(reason: ending.finishReason, usage: ending.usage)))
        case .cancelled where ending.stop?.by == .disconnect:
            return pipe.finish(
                throwing: GenerationError(.backendError, "for too long no worker was there to forward the answer"))
        case .cancelled: _ = pipe.push(.end(.cancelled(ending.stop ?? StopIntent(by: .operator))))
        case .failed, .expired:
            let failure = ending.error ?? Ending.Failure(code: .backendError, message: "the backend failed")
            return pipe.finish(throwing: GenerationError(failure.code, failure.message))
        }
        pipe.finish()
    }

    private func fail(_ error: GenerationError) {
        pipe.finish(throwing: error)
        unfollow()
    }

    private func onLoop(_ work: @escaping @Sendable (ForwardCall) -> Void) {
        if broker.eventLoop.inEventLoop { work(self) } else { broker.eventLoop.execute { work(self) } }
    }
}

/// Calls back on an event loop. `@unchecked Sendable`: the target is set once, before it is shared.
private final class Resume: @unchecked Sendable {
    private let eventLoop: any EventLoop
    var target: (@Sendable () -> Void)?

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func call() { eventLoop.execute { self.target?() } }
}

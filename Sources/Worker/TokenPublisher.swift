package import NIOCore
package import Shared

/// Writes what a generator says into the token log of its request, in order, none twice, none missing.
///
/// Bound: while Redis does not answer, text gathers up to the bounds of the batcher; then `hasRoom` is false and the generator waits
/// at `room()`. A batch that may have been lost is repeated with the same ids until Redis answers. Once a stop sealed the log, or another
/// attempt began, nothing more is written and nobody waits.
///
/// Bound to its event loop: every method must be called there, and `onClose` is called there.
/// `@unchecked Sendable`: it is captured by callbacks that run on its event loop and touched nowhere else.
package final class TokenPublisher: @unchecked Sendable {
    private let broker: any Broker
    private let request: RequestID
    private let onClose: (TokenBatcher.Closing) -> Void
    private let onWrite: (TimeAmount) -> Void
    private var batcher: TokenBatcher
    private var backoff = Backoff.broker
    private var isAborted = false
    /// Something that was said may not be in the log.
    private var wasCutShort = false
    private var roomWaiter: CheckedContinuation<Void, Never>?
    private var flushWaiter: CheckedContinuation<Void, Never>?

    /// `onClose` is called at most once, when Redis refused an entry; `onWrite` with the time each batch took.
    package init(
        broker: any Broker, request: RequestID, batcher: TokenBatcher,
        onClose: @escaping (TokenBatcher.Closing) -> Void, onWrite: @escaping (TimeAmount) -> Void = { _ in }
    ) {
        self.broker = broker
        self.request = request
        self.batcher = batcher
        self.onClose = onClose
        self.onWrite = onWrite
    }

    /// Whether the next token may be said at once.
    package var hasRoom: Bool { batcher.hasRoom }

    /// What is known to be in the log.
    package var content: LogContent { batcher.content }

    /// Says something. Never waits; ask `hasRoom` before.
    package func say(_ text: String, tokens: Int) { perform(batcher.said(text, tokens: tokens)) }

    /// Makes what was said void: the answer begins anew. Never waits.
    package func restart() { perform(batcher.restarted()) }

    /// Returns when there is room, or when there is nothing to wait for any more: closed, or aborted by `abort()`.
    package func room() async {
        broker.eventLoop.assertInEventLoop()
        guard !batcher.hasRoom, !isAborted else { return }
        await withCheckedContinuation { roomWaiter = $0 }
    }

    /// Returns when everything said is in the log, or Redis refused it for good; also at `endFlush()`, and when aborted by
    /// `abort()`: false if that dropped something of what was said.
    package func flush() async -> Bool {
        broker.eventLoop.assertInEventLoop()
        if !batcher.isSettled, !isAborted { await withCheckedContinuation { flushWaiter = $0 } }
        return !wasCutShort
    }

    /// Whoever waits for room waits no longer. Writing goes on.
    package func wakeGenerator() {
        let waiter = roomWaiter
        roomWaiter = nil
        waiter?.resume()
    }

    /// Whoever waits in `flush()` waits no longer: what is not in the log is not part of the answer. Writing goes on.
    package func endFlush() {
        let waiter = flushWaiter
        flushWaiter = nil
        waiter?.resume()
    }

    /// Nobody waits any longer, and nothing that is not in flight is written.
    package func abort() {
        isAborted = true
        if !batcher.isSettled { wasCutShort = true }
        batcher.closed(.fenced)
        wakeWaiters()
    }

    private func perform(_ action: TokenBatcher.Action) {
        switch action {
        case .none: break
        case .write(let batch): write(batch)
        case .repeatLater:
            broker.eventLoop.scheduleTask(in: backoff.next()) { [self] in
                if let batch = batcher.repeatDue() { write(batch) }
            }
        case .close(let closing):
            wakeWaiters()
            onClose(closing)
        }
    }

    private func write(_ batch: [TokenChunk]) {
        guard let last = batch.last?.id else { return }
        let start = NIODeadline.now()
        broker.append(batch, to: request) { [self] result in
            switch result {
            case .success(let outcome):
                backoff.reset()
                onWrite(.now() - start)
                switch outcome {
                case .written: perform(batcher.answered(last, .written))
                case .sealed: perform(batcher.answered(last, .sealed))
                case .fenced: perform(batcher.answered(last, .fenced))
                }
            case .failure(let error):
                // Of a refusal that waiting does not mend, the lease's renewal tells, or the finish.
                perform(batcher.answered(last, (error as? BrokerError)?.code == .notFound ? .fenced : .lost))
            }
            if batcher.hasRoom { wakeGenerator() }
            if batcher.isSettled { wakeWaiters() }
        }
    }

    private func wakeWaiters() {
        wakeGenerator()
        endFlush()
    }
}

private import NIOCore
private import Synchronization

/// The entries of one token log from a cursor to its ending, as an asynchronous sequence: in order, none twice, none missing.
///
/// It ends after the entry of the ending, or throws `BrokerError`. At most `bound` entries wait for the consumer; beyond that it
/// reads from the log at the consumer's pace. One iterator only. Cancelling the task that iterates ends it.
package struct TokenStream: AsyncSequence {
    package typealias Element = TokenEntry
    package typealias Failure = any Error

    private let broker: any Broker
    private let request: RequestID
    private let cursor: EntryID

    /// The stream of `request` behind `cursor`.
    package init(broker: any Broker, request: RequestID, after cursor: EntryID = .start) {
        self.broker = broker
        self.request = request
        self.cursor = cursor
    }

    package func makeAsyncIterator() -> Iterator { Iterator(TokenStreamBuffer(broker, request, cursor)) }

    package struct Iterator: AsyncIteratorProtocol {
        private let buffer: TokenStreamBuffer

        fileprivate init(_ buffer: TokenStreamBuffer) {
            self.buffer = buffer
            buffer.start()
        }

        package mutating func next() async throws -> TokenEntry? { try await buffer.next() }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> TokenEntry? {
            try await buffer.next()
        }
    }
}

/// What stands between the subscriber, which pushes on the event loop, and the consumer, which pulls.
private final class TokenStreamBuffer: Sendable {
    private struct State {
        var entries: [TokenEntry] = []
        var consumed = 0
        var isPaused = false
        var isFinished = false
        var failure: (any Error)?
        var waiter: CheckedContinuation<TokenEntry?, any Error>?
    }

    private let state = Mutex(State())
    private let broker: any Broker
    private let subscriber: NIOLockedSubscriber

    /// Entries that may wait for the consumer.
    private static let bound = 256

    init(_ broker: any Broker, _ request: RequestID, _ cursor: EntryID) {
        self.broker = broker
        self.subscriber = NIOLockedSubscriber()
        subscriber.value = TokenSubscriber(broker: broker, request: request, after: cursor) { [weak self] event in
            self?.received(event)
        }
    }

    deinit {
        let subscriber = subscriber
        broker.eventLoop.execute { subscriber.value?.cancel() }
    }

    func start() {
        let subscriber = subscriber
        broker.eventLoop.execute { subscriber.value?.start() }
    }

    func next() async throws -> TokenEntry? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, resumes): (Result<TokenEntry?, any Error>?, Bool) = state.withLock { state in
                    if state.consumed < state.entries.count {
                        let entry = state.entries[state.consumed]
                        state.consumed += 1
                        guard state.consumed == state.entries.count else { return (.success(entry), false) }
                        state.entries.removeAll(keepingCapacity: true)
                        state.consumed = 0
                        defer { state.isPaused = false }
                        return (.success(entry), state.isPaused)
                    }
                    if let failure = state.failure { return (.failure(failure), false) }
                    if state.isFinished { return (.success(nil), false) }
                    if Task.isCancelled { return (.failure(CancellationError()), false) }
                    state.waiter = continuation
                    return (nil, false)
                }
                if resumes { onLoop { $0.resume() } }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            finish(failure: CancellationError())
            onLoop { $0.cancel() }
        }
    }

    private func received(_ event: TokenSubscriber.Event) {
        switch event {
        case .failed(let error):
            finish(failure: error)
        case .entry(let entry):
            let (waiter, isFull) = state.withLock { state in
                if case .ended = entry.body { state.isFinished = true }
                if let waiter = state.waiter {
                    state.waiter = nil
                    return (waiter as CheckedContinuation?, false)
                }
                state.entries.append(entry)
                let isFull = state.entries.count - state.consumed >= Self.bound && !state.isFinished
                if isFull { state.isPaused = true }
                return (nil, isFull)
            }
            if isFull { subscriber.value?.pause() }
            waiter?.resume(returning: entry)
        }
    }

    private func finish(failure: any Error) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if !state.isFinished { state.failure = failure }
            state.isFinished = true
            return state.waiter
        }
        waiter?.resume(throwing: failure)
    }

    private func onLoop(_ work: @escaping @Sendable (TokenSubscriber) -> Void) {
        let subscriber = subscriber
        broker.eventLoop.execute { if let subscriber = subscriber.value { work(subscriber) } }
    }
}

/// Holds the subscriber. `@unchecked Sendable`: written once before it is shared, and used on the event loop only.
private final class NIOLockedSubscriber: @unchecked Sendable {
    var value: TokenSubscriber?
}

private import Shared
private import Synchronization

/// What stands between an engine that pushes and the job that pulls: a bounded buffer of steps.
///
/// Bound: `capacity` steps. `push` says when it is full; who pushes then waits for `onRoom` (a push beyond it is taken all the
/// same, for an engine may deliver many steps in one piece). One consumer.
package final class TokenPipe: Sendable {
    private struct State {
        var steps: [GenerationStep] = []
        var consumed = 0
        var isHeld = false
        var ending: Result<Void, any Error>?
        var waiter: CheckedContinuation<GenerationStep?, any Error>?
        var isAbandoned = false
        var abandonHandler: (@Sendable () -> Void)?

        mutating func take() -> GenerationStep? {
            guard consumed < steps.count else { return nil }
            defer {
                consumed += 1
                if consumed == steps.count {
                    steps.removeAll(keepingCapacity: true)
                    consumed = 0
                }
            }
            return steps[consumed]
        }
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let onRoom: @Sendable () -> Void

    /// `onRoom` is called after a push that returned false, when the buffer has been emptied, on the consumer's thread.
    package init(capacity: Int, onRoom: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onRoom = onRoom
    }

    /// Hands a step over. Returns false when no more should come before `onRoom`.
    package func push(_ step: GenerationStep) -> Bool {
        let (waiter, hasRoom) = state.withLock { state in
            guard state.ending == nil else { return (nil as CheckedContinuation<GenerationStep?, any Error>?, true) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            state.steps.append(step)
            state.isHeld = state.steps.count - state.consumed >= capacity
            return (nil, !state.isHeld)
        }
        waiter?.resume(returning: step)
        return hasRoom
    }

    /// Whether whoever pushes is to wait for room.
    package var isFull: Bool { state.withLock { $0.isHeld } }

    /// Nothing more comes: after what is buffered, the end or the error. The first call counts.
    package func finish(throwing error: (any Error)? = nil) {
        end(error.map { .failure($0) } ?? .success(()), drops: false)
    }

    /// The consumer has no use for more: what is buffered is dropped, `next()` ends, and whoever pushes is told by
    /// `whenAbandoned`, unless it had come to its end before.
    package func abandon() { end(.success(()), drops: true) }

    /// Calls `handler` once when the pipe is abandoned before its end, on the thread of whoever does; at once if it was.
    package func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {
        let isAbandoned = state.withLock { state in
            if state.ending == nil { state.abandonHandler = handler }
            return state.isAbandoned
        }
        if isAbandoned { handler() }
    }

    /// The next step, nil at the end, or the error. Cancelling the task abandons the pipe.
    package func next() async throws -> GenerationStep? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, hasRoom): (Result<GenerationStep?, any Error>?, Bool) = state.withLock { state in
                    if let step = state.take() {
                        guard state.isHeld, state.steps.isEmpty else { return (.success(step), false) }
                        state.isHeld = false
                        return (.success(step), true)
                    }
                    switch state.ending {
                    case .success: return (.success(nil), false)
                    case .failure(let error): return (.failure(error), false)
                    case nil: state.waiter = continuation
                    }
                    return (nil, false)
                }
                if let result { continuation.resume(with: result) }
                if hasRoom { onRoom() }
            }
        } onCancel: {
            abandon()
        }
    }

    private func end(_ ending: Result<Void, any Error>, drops: Bool) {
        typealias Waiter = CheckedContinuation<GenerationStep?, any Error>
        let (waiter, handler) = state.withLock { state -> (Waiter?, (@Sendable () -> Void)?) in
            let isFirst = state.ending == nil
            if isFirst { state.ending = ending }
            defer {
                state.waiter = nil
                state.abandonHandler = nil
            }
            guard drops else { return (state.waiter, nil) }
            state.steps = []
            state.consumed = 0
            guard isFirst else { return (state.waiter, nil) }
            state.isAbandoned = true
            return (state.waiter, state.abandonHandler)
        }
        handler?()
        switch ending {
        case .success: waiter?.resume(returning: nil)
        case .failure(let error): waiter?.resume(throwing: error)
        }
    }
}

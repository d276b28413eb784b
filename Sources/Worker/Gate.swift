private import Synchronization

/// A door that is opened once and then stays open. Any task may wait at it; any thread may open it.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A closed gate.
    package init() {}

    /// Whether it was opened.
    package var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Lets everybody through, now and from now on. Idempotent.
    package func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Returns when the gate is open, or when the awaiting task is cancelled.
    package func wait() async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    // A cancellation that comes later finds the waiter; one that came before shows here.
                    if state.isOpen || Task.isCancelled { return true }
                    state.waiters.append((id, continuation))
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }
}

import Synchronization

/// Counts the open WebSockets of this node, against its bound. May be used from any thread.
package final class ConnectionCount: Sendable {
    private struct State {
        var count = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) { self.limit = limit }

    /// Whether no more may be opened. Connections that are being opened at this very moment may pass it by a few.
    var isFull: Bool { current >= limit }

    var current: Int { state.withLock { $0.count } }

    func opened() { state.withLock { $0.count += 1 } }

    func closed() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until none is open. Does not hear cancellation: connections are closed by a deadline of their own.
    func none() async {
        await withCheckedContinuation { continuation in
            let isNone = state.withLock { state in
                if state.count > 0 { state.waiters.append(continuation) }
                return state.count == 0
            }
            if isNone { continuation.resume() }
        }
    }
}

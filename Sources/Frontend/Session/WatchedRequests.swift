import NIOCore
import Shared
import Synchronization

/// The requests that this node watches, on whichever loop: each is watched once, for the viewers of all loops. Bounded.
///
/// A place is reserved before it is known whether the request may be watched from here, and claimed or given back then.
final class WatchedRequests: Sendable {
    private struct State {
        var requests: [RequestID: NIOLoopBound<SessionRegistry>] = [:]
        var reservations = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.requests.count } }

    /// Whether there was a place left. It must be claimed or given back.
    func reserve() -> Bool {
        state.withLock { state in
            guard state.requests.count + state.reservations < limit else { return false }
            state.reservations += 1
            return true
        }
    }

    /// Gives a reserved place back.
    func giveBack() {
        state.withLock { $0.reservations -= 1 }
    }

    /// Takes a reserved place for `request`, which `registry` watches from now on; or gives it back, where another session of
    /// this node watches the request already. Returns whether it was taken.
    func claim(_ request: RequestID, for registry: NIOLoopBound<SessionRegistry>) -> Bool {
        state.withLock { state in
            state.reservations -= 1
            guard state.requests[request] == nil else { return false }
            state.requests[request] = registry
            return true
        }
    }

    /// Who watches `request`, on whichever loop.
    func watcher(of request: RequestID) -> NIOLoopBound<SessionRegistry>? { state.withLock { $0.requests[request] } }

    func release(_ request: RequestID) {
        state.withLock { $0.requests[request] = nil }
    }
}

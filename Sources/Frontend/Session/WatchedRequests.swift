import Shared
import Synchronization

/// The requests that this node watches, on whichever loop: each is watched once. Bounded.
final class WatchedRequests: Sendable {
    enum Claim: Hashable, Sendable {
        case granted
        /// Another session of this node watches it already.
        case watched
        /// The bound is reached.
        case full
    }

    private let limit: Int
    private let requests = Mutex<Set<RequestID>>([])

    init(limit: Int) { self.limit = limit }

    var count: Int { requests.withLock { $0.count } }

    func claim(_ request: RequestID) -> Claim {
        requests.withLock { requests in
            if requests.contains(request) { return .watched }
            guard requests.count < limit else { return .full }
            requests.insert(request)
            return .granted
        }
    }

    func release(_ request: RequestID) {
        requests.withLock { _ = $0.remove(request) }
    }
}

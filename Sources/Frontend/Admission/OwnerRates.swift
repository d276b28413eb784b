import Synchronization

/// How fast each owner sends, at this node: shared by its event loops. One owner, one bucket.
///
/// Bounded: who has not sent for the time of a burst is forgotten when room is needed, as their bucket is full again.
final class OwnerRates: Sendable {
    private struct State {
        var limiters: [String: RateLimiter] = [:]
        var sweepAt = OwnerRates.sweepSize
    }

    let limit: RateLimiter.Limit
    private let state = Mutex(State())

    private static let sweepSize = 1024

    init(limit: RateLimiter.Limit) { self.limit = limit }

    /// Takes one of the owner's. Nil where there was one; otherwise how long until there is, in nanoseconds.
    func take(_ owner: String, now: Int64) -> Int64? {
        state.withLock { state in
            if state.limiters.count >= state.sweepAt { Self.sweep(&state, now: now) }
            return state.limiters[owner, default: RateLimiter()].take(limit, now: now)
        }
    }

    /// How many owners are kept in mind.
    var count: Int { state.withLock { $0.limiters.count } }

    private static func sweep(_ state: inout State, now: Int64) {
        state.limiters = state.limiters.filter { !$0.value.isFull(now: now) }
        state.sweepAt = max(sweepSize, state.limiters.count * 2)
    }
}

import NIOCore
import Synchronization

/// How far the workers have come in the queue, as the event loops of this node last heard. They ask in turn: one question a period, however
/// many wait.
final class QueueProgress: Sendable {
    private struct State {
        var lastTaken: UInt64?
        var askedAt: NIODeadline?
    }

    private let period: TimeAmount
    private let state = Mutex(State())

    init(period: TimeAmount) { self.period = period }

    /// The number of the last job taken; nil before the first answer.
    var lastTaken: UInt64? { state.withLock { $0.lastTaken } }

    /// Whether the caller is to ask now.
    func asks(now: NIODeadline) -> Bool {
        state.withLock { state in
            if let askedAt = state.askedAt, now - askedAt < period { return false }
            state.askedAt = now
            return true
        }
    }

    /// The answer.
    func answered(_ lastTaken: UInt64) { state.withLock { $0.lastTaken = lastTaken } }
}

/// The life of the one connection that a client keeps up: made, greeted, used, lost, made again.
///
/// ```
/// idle ─▶ connecting ─▶ handshaking ─▶ ready ─▶ retiring      a loss leads from any of the middle four to
///            ▲                            │         │         backingOff (or to idle, if reconnecting is on demand);
///            └───────── backingOff ◀──────┴─────────┘         close leads from everything to closed
/// ```
///
/// Events are past-tense methods; each returns what its owner has to do. An event that is impossible in a state because it
/// raced with another (a timer that fired while the connection came up) is ignored there.
///
/// Pure: no I/O, no clock, no random numbers. Times are nanoseconds. The commands themselves are in a `CommandQueue`.
package struct RedisConnectionStateMachine: ~Copyable {
    package enum Reconnecting: Sendable {
        /// Whenever the connection is lost, after a back-off.
        case always
        /// When the owner next wants the connection; the back-off still applies after failures in a row.
        case onDemand
    }

    /// What a reply to a step of the handshake means.
    package enum Verdict: Sendable {
        case good
        /// Redis cannot serve now (it loads its data, it refuses the password): try again with a new connection.
        case refused
    }

    package enum ConnectAction: Equatable { case connect, none }
    package enum OpenedAction: Equatable { case sendHandshake, close }
    package enum HandshakeAction: Equatable { case none, becomeReady, close }
    package enum ReplyAction: Equatable { case handshake(step: Int), deliver, close }
    package enum LostAction: Equatable { case retry(after: Int64), none }
    package enum TimeoutAction: Equatable { case close, none }
    package enum CloseAction: Equatable { case closeConnection, done, none }

    private enum State {
        case idle
        case connecting
        case handshaking(answered: Int)
        case ready(since: Int64)
        case retiring(since: Int64)
        case backingOff(wanted: Bool)
        case closed
    }

    /// A connection that was ready for less than this does not reset the back-off.
    package static let provenAfter: Int64 = 1_000_000_000

    private var state = State.idle
    private var backoff: Backoff
    private let reconnecting: Reconnecting
    private let steps: Int

    /// `steps` is the number of commands in the handshake, at least one.
    package init(backoff: Backoff, reconnecting: Reconnecting, steps: Int) {
        precondition(steps > 0, "a handshake has at least a PING")
        self.backoff = backoff
        self.reconnecting = reconnecting
        self.steps = steps
    }

    /// Whether commands may be written.
    package var isReady: Bool { if case .ready = state { true } else { false } }
    /// Whether the last replies are awaited before the connection is given up.
    package var isRetiring: Bool { if case .retiring = state { true } else { false } }
    package var isClosed: Bool { if case .closed = state { true } else { false } }

    /// The owner has something to send, or wants the connection up.
    package mutating func wanted() -> ConnectAction {
        switch state {
        case .idle:
            state = .connecting
            return .connect
        case .backingOff:
            state = .backingOff(wanted: true)
            return .none
        case .connecting, .handshaking, .ready, .retiring, .closed: return .none
        }
    }

    /// The socket is open.
    package mutating func opened() -> OpenedAction {
        switch state {
        case .connecting:
            state = .handshaking(answered: 0)
            return .sendHandshake
        case .idle, .handshaking, .ready, .retiring, .backingOff, .closed: return .close
        }
    }

    /// A reply came: for the handshake, to be judged and reported by `handshakeStepAnswered`, or for a command.
    package func replied() -> ReplyAction {
        switch state {
        case .handshaking(let answered): .handshake(step: answered)
        case .ready, .retiring: .deliver
        case .idle, .connecting, .backingOff, .closed: .close
        }
    }

    package mutating func handshakeStepAnswered(_ verdict: Verdict, now: Int64) -> HandshakeAction {
        switch state {
        case .handshaking(let answered):
            switch verdict {
            case .refused: return .close
            case .good:
                guard answered + 1 == steps else {
                    state = .handshaking(answered: answered + 1)
                    return .none
                }
                state = .ready(since: now)
                return .becomeReady
            }
        case .idle, .connecting, .ready, .retiring, .backingOff, .closed: return .close
        }
    }

    /// This server is no longer the one to talk to (it became a replica): nothing new is written, what is in flight is awaited.
    /// True if that is news.
    package mutating func retired() -> Bool {
        switch state {
        case .ready(let since):
            state = .retiring(since: since)
            return true
        case .idle, .connecting, .handshaking, .retiring, .backingOff, .closed: return false
        }
    }

    /// The time for connecting and greeting is over.
    package func setupTimedOut() -> TimeoutAction {
        switch state {
        case .connecting, .handshaking: .close
        case .idle, .ready, .retiring, .backingOff, .closed: .none
        }
    }

    /// The connection is gone, or could not be made. `random` is in `0 ..< 1`.
    package mutating func lost(now: Int64, random: Double) -> LostAction {
        switch state {
        case .connecting, .handshaking:
            return backOff(random)
        case .ready(let since):
            if now - since >= Self.provenAfter { backoff.reset() }
            return backOff(random)
        case .retiring:
            return backOff(random)
        case .idle, .backingOff, .closed: return .none
        }
    }

    /// The wait before the next attempt is over.
    package mutating func retryTimerFired() -> ConnectAction {
        switch state {
        case .backingOff(let wanted):
            guard wanted else {
                state = .idle
                return .none
            }
            state = .connecting
            return .connect
        case .idle, .connecting, .handshaking, .ready, .retiring, .closed: return .none
        }
    }

    /// The owner is done. Final.
    package mutating func closeRequested() -> CloseAction {
        switch state {
        case .connecting, .handshaking, .ready, .retiring:
            state = .closed
            return .closeConnection
        case .idle, .backingOff:
            state = .closed
            return .done
        case .closed: return .none
        }
    }

    private mutating func backOff(_ random: Double) -> LostAction {
        let wait = backoff.next(random: random)
        switch reconnecting {
        case .always:
            state = .backingOff(wanted: true)
        case .onDemand:
            state = .backingOff(wanted: false)
        }
        return .retry(after: wait)
    }
}

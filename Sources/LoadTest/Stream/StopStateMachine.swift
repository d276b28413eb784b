import Shared

/// The stop of one answer: its phases, and whether what was promised came. Pure.
///
///     none ──send──▶ sent ──acknowledged──▶ acknowledged(outcome)
///                     └──────refused──────▶ refused
struct StopStateMachine: Sendable {
    private struct Sent: Hashable {
        var due: UInt64
        var at: Moment
    }

    private enum State: Hashable {
        case none
        case sent(Sent)
        case acknowledged(Sent, StopOutcome, at: UInt64)
        case refused
    }

    private let request: RequestID
    /// Whether tokens tell when they were said.
    private let hasTimes: Bool
    private var state = State.none
    private var isOverdue = false
    /// Tokens that were said after it had left and that came all the same.
    var lateTokens: UInt64 = 0

    init(request: RequestID, hasTimes: Bool) {
        self.request = request
        self.hasTimes = hasTimes
    }

    var wasSent: Bool {
        if case .none = state { false } else { true }
    }

    var isUnanswered: Bool {
        if case .sent = state { true } else { false }
    }

    var isAcknowledged: Bool {
        if case .acknowledged = state { true } else { false }
    }

    /// When it was sent, in microseconds on the wall clock; never: the end of time.
    var sentAt: Int64 {
        switch state {
        case .none, .refused: .max
        case .sent(let sent), .acknowledged(let sent, _, _): sent.at.microseconds
        }
    }

    /// It is due. Whether to send it: once.
    mutating func send(due: UInt64, at now: Moment) -> Bool {
        guard case .none = state else { return false }
        state = .sent(Sent(due: due, at: now))
        return true
    }

    /// Returns whether it waited for that.
    mutating func acknowledged(
        _ outcome: StopOutcome, at now: UInt64, isTimed: Bool, _ measured: inout Measurements
    ) -> Bool {
        switch state {
        case .none, .refused, .acknowledged:
            measured.violations.note(.protocolBroken, request.text, "a second answer to a stop, or one to none")
            return false
        case .sent(let sent):
            state = .acknowledged(sent, outcome, at: now)
            measured.counters[outcome.count] += 1
            if isTimed { measured.record(.stopAcknowledged, from: sent.due, to: now) }
            return true
        }
    }

    mutating func refused() { state = .refused }

    /// Notes, once, that it is not answered or not followed within `patience`.
    mutating func checkPatience(
        _ patience: UInt64, at now: UInt64, hasEnded: Bool, tokens: Int, _ measured: inout Measurements
    ) {
        guard !isOverdue else { return }
        switch state {
        case .none, .refused: return
        case .sent(let sent):
            guard now > sent.at.nanoseconds + patience else { return }
            measured.violations.note(.stopUnacknowledged, request.text, "no answer to its stop")
        case .acknowledged(_, let outcome, let at):
            guard !hasEnded, now > at + patience else { return }
            measured.violations.note(
                .stopNotCarriedOut, request.text,
                "its stop was acknowledged (\(outcome.rawValue)), but it does not end: \(tokens) tokens by now")
        }
        isOverdue = true
    }

    /// Nothing more is waited for.
    func gaveUp(_ measured: inout Measurements) {
        guard isUnanswered, !isOverdue else { return }
        measured.violations.note(.stopUnacknowledged, request.text, "no answer to its stop")
    }

    /// The answer has ended, and the stop, if there was one, is answered: whether the one fits the other, and how long it took.
    func settled(
        _ ending: StreamStateMachine.Ending, at endedAt: UInt64, observedAt: Int64?, lastChunkAt: UInt64?,
        isTimed: Bool,
        tokens: Int, _ measured: inout Measurements
    ) {
        guard case .acknowledged(let sent, let outcome, _) = state else { return }
        switch (outcome, ending) {
        case (_, .refused), (.stopped, .cancelled), (.dequeued, .cancelled), (.alreadyStopped, .cancelled),
            (.alreadyCompleted, .completed), (.alreadyCompleted, .failed):
            break
        case (.stopped, _), (.dequeued, _), (.alreadyStopped, _):
            measured.violations.note(
                .stopNotCarriedOut, request.text,
                "its stop was acknowledged (\(outcome.rawValue)), but it \(ending) with \(tokens) tokens")
        case (.alreadyCompleted, .cancelled):
            measured.violations.note(
                .endingWrong, request.text, "already_completed, but it ended as cancelled")
        }
        guard ending == .cancelled, isTimed, sent.due < measured.end else { return }
        if let observedAt {
            // From due to sent on the one clock, from sent on on the other.
            let behind = UInt64(max(observedAt - sent.at.microseconds, 0)) * 1000
            measured.record(.stopObserved, from: sent.due, to: sent.at.nanoseconds + behind)
        }
        measured.record(.stopLastChunk, from: sent.due, to: max(lastChunkAt ?? 0, sent.due))
        measured.record(.stopSettled, from: sent.due, to: endedAt)
        guard hasTimes else { return }
        measured.histograms.record(.lateTokens, lateTokens)
        measured.counters[.lateTokens] += lateTokens
    }
}

extension StopOutcome {
    fileprivate var count: Count {
        switch self {
        case .stopped: .stopped
        case .alreadyStopped: .alreadyStopped
        case .alreadyCompleted: .alreadyCompleted
        case .dequeued: .dequeued
        }
    }
}

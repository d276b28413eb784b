import Shared

/// One answer, from its request to its ending and the acknowledgement of its stop: what is measured, what must not be, and what
/// its client does next. Pure.
///
///     requested ──start──▶ streaming ──complete, error──▶ ended ──(a stop was sent: its acknowledgement)──▶ done
///         └────────────────────refused─────────────────────▲
///
/// What breaks the rules is noted and not followed: it goes on as if it had not come.
struct StreamStateMachine: Sendable {
    /// What the client does now.
    enum Action: Hashable, Sendable {
        case none
        case sendStop
        case loseConnection
        case abandon
        /// Nothing more is to come.
        case done
    }

    /// What the client says on a new connection.
    struct Recovery: Hashable, Sendable {
        enum Command: Hashable, Sendable {
            case send
            case resume(after: EntryID?)
        }

        /// nil: it has ended.
        var command: Command?
        /// Whether the stop is sent again, for it was not acknowledged.
        var repeatsStop: Bool
    }

    /// How an answer ended.
    enum Ending: Hashable {
        case completed, cancelled, failed, refused
    }

    private enum State: Hashable {
        case requested
        case streaming
        case ended(Ending, at: UInt64, observedAt: Int64?)
    }

    let request: RequestID
    let plan: StreamPlan
    /// When it was due to be asked for.
    let due: UInt64
    private var state = State.requested
    private var stop: StopStateMachine
    private var cursor: EntryID?
    private(set) var text: AnswerText
    private var lastChunkAt: UInt64?
    /// When its connection was lost, until it goes on.
    private var lostAt: UInt64?
    /// Whether its client was away or slow, so that its times say nothing of the server.
    private(set) var isDisturbed: Bool
    /// How many tokens are to come before the client does what it is to do.
    private var trigger: Int

    init(request: RequestID, plan: StreamPlan, due: UInt64, isCounted: Bool, hasTimes: Bool) {
        stop = StopStateMachine(request: request, hasTimes: hasTimes)
        self.request = request
        self.plan = plan
        self.due = due
        text = AnswerText(isCounted: isCounted)
        switch plan.behaviour {
        case .read, .stopLater:
            trigger = .max
            isDisturbed = false
        case .readSlowly:
            trigger = .max
            isDisturbed = true
        case .stop(let tokens), .resume(let tokens), .abandon(let tokens):
            trigger = tokens
            isDisturbed = false
        }
    }

    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    var wasRefused: Bool {
        if case .ended(.refused, _, _) = state { true } else { false }
    }

    // MARK: What the client does

    /// The request was sent. For the first time, or again.
    mutating func sent(at now: Moment) -> Action { triggered(at: now) }

    /// A stop is due. Whether to send it.
    mutating func stopDue(_ due: UInt64, at now: Moment, _ measured: inout Measurements) -> Bool {
        guard !hasEnded, stop.send(due: due, at: now) else { return false }
        measured.counters[.stops] += 1
        return true
    }

    /// Its client reads slowly, or not at all for a while.
    mutating func disturbed() { isDisturbed = true }

    /// The connection is lost.
    mutating func connectionLost(at now: UInt64) {
        isDisturbed = true
        if lostAt == nil { lostAt = now }
    }

    /// What to say on a new connection.
    var recovery: Recovery {
        switch state {
        case .requested: Recovery(command: .send, repeatsStop: stop.isUnanswered)
        case .streaming: Recovery(command: .resume(after: cursor), repeatsStop: stop.isUnanswered)
        case .ended: Recovery(command: nil, repeatsStop: stop.isUnanswered)
        }
    }

    // MARK: What the frontend says

    mutating func started(at now: UInt64, _ measured: inout Measurements) {
        switch state {
        case .requested:
            state = .streaming
            if !isDisturbed { measured.record(.accepted, from: due, to: now) }
        case .streaming: break
        case .ended: measured.violations.note(.afterEnding, request.text, "a start after the ending")
        }
        if let lostAt {
            measured.record(.resume, from: lostAt, to: now)
            measured.counters[.resumed] += 1
            self.lostAt = nil
        }
    }

    mutating func chunk(
        _ cursor: EntryID, _ content: UnsafeRawBufferPointer, at now: Moment, _ measured: inout Measurements
    ) -> Action {
        guard mayCome(cursor, "chunk", &measured) else { return .none }
        self.cursor = cursor
        measured.counters[.chunks] += 1
        measured.counters[.bytes] += UInt64(content.count)
        let before = text.tokens
        let isTimed = !isDisturbed
        let stoppedAt = stop.sentAt
        var late: UInt64 = 0
        let fault = text.take(content) { time in
            let nanoseconds = UInt64(max(now.microseconds - time, 0)) &* 1000
            if isTimed {
                measured.record(
                    .latency, from: now.nanoseconds - min(nanoseconds, now.nanoseconds), to: now.nanoseconds)
            }
            if time > stoppedAt { late += 1 }
        }
        stop.lateTokens += late
        if text.tokens > before { measured.counters[.tokens] += UInt64(text.tokens - before) }
        if let fault { note(fault, cursor, &measured) }
        if isTimed {
            if let lastChunkAt {
                measured.record(.gap, from: lastChunkAt, to: now.nanoseconds)
            } else {
                measured.record(.firstChunk, from: due, to: now.nanoseconds)
            }
        }
        lastChunkAt = now.nanoseconds
        return text.tokens >= trigger ? triggered(at: now) : .none
    }

    /// The answer begins anew.
    mutating func restarted(_ cursor: EntryID, _ measured: inout Measurements) {
        guard mayCome(cursor, "restart", &measured) else { return }
        self.cursor = cursor
        text = AnswerText(isCounted: text.isCounted)
        measured.counters[.restarted] += 1
    }

    mutating func acknowledged(_ outcome: StopOutcome, at now: UInt64, _ measured: inout Measurements) -> Action {
        stop.acknowledged(outcome, at: now, isTimed: !isDisturbed, &measured) ? settle(&measured) : .none
    }

    /// The stop was refused.
    mutating func stopRefused(_ measured: inout Measurements) -> Action {
        measured.counters[.refused] += 1
        stop.refused()
        return settle(&measured)
    }

    /// The request, or its resumption, was refused.
    mutating func refused(at now: UInt64, _ measured: inout Measurements) -> Action {
        measured.counters[.refused] += 1
        guard !hasEnded else { return .none }
        return ended(.refused, at: now, observedAt: nil, &measured)
    }

    mutating func completed(
        _ metadata: StreamingComplete.Metadata, at now: UInt64, _ measured: inout Measurements
    ) -> Action {
        guard mayEnd(&measured) else { return .none }
        let isCancelled = metadata.finishReason == "cancelled"
        check(metadata, isCancelled: isCancelled, &measured)
        measured.counters[isCancelled ? .cancelled : .completed] += 1
        if isCancelled, !stop.wasSent { measured.counters[.stoppedByOthers] += 1 }
        if !isCancelled, !isDisturbed { measured.record(.answer, from: due, to: now) }
        return ended(
            isCancelled ? .cancelled : .completed, at: now, observedAt: metadata.stop?.observedAt?.microseconds,
            &measured)
    }

    mutating func failed(at now: UInt64, _ measured: inout Measurements) -> Action {
        guard mayEnd(&measured) else { return .none }
        measured.counters[.failed] += 1
        return ended(.failed, at: now, observedAt: nil, &measured)
    }

    // MARK: What does not come

    /// Time has passed: notes, once, a stop that is not answered or not followed within `patience`.
    mutating func checkPatience(_ patience: UInt64, at now: UInt64, _ measured: inout Measurements) {
        stop.checkPatience(patience, at: now, hasEnded: hasEnded, tokens: text.tokens, &measured)
    }

    /// Nothing more is waited for.
    mutating func gaveUp(_ measured: inout Measurements) {
        if hasEnded {
            stop.gaveUp(&measured)
        } else {
            measured.violations.note(.endingMissing, request.text, "not ended after \(text.tokens) tokens")
        }
    }

    // MARK: Rules

    private mutating func triggered(at now: Moment) -> Action {
        guard text.tokens >= trigger else { return .none }
        trigger = .max
        return switch plan.behaviour {
        case .read, .readSlowly, .stopLater: .none
        case .stop: .sendStop
        case .resume: .loseConnection
        case .abandon: .abandon
        }
    }

    /// Whether something of the log may come now, at this place of it.
    private mutating func mayCome(_ cursor: EntryID, _ what: String, _ measured: inout Measurements) -> Bool {
        switch state {
        case .requested: measured.violations.note(.protocolBroken, request.text, "a \(what) before the start")
        case .streaming: break
        case .ended:
            measured.violations.note(.afterEnding, request.text, "\(what) \(cursor) after the ending")
            return false
        }
        if stop.isAcknowledged {
            measured.counters[.chunksAfterStop] += 1
            measured.violations.note(
                .chunkAfterAcknowledgement, request.text, "\(what) \(cursor) after the acknowledgement of its stop")
        }
        if let last = self.cursor, cursor <= last {
            measured.violations.note(.chunkRepeated, request.text, "\(what) \(cursor) after \(last)")
            return false
        }
        return true
    }

    private mutating func mayEnd(_ measured: inout Measurements) -> Bool {
        switch state {
        case .requested:
            measured.violations.note(.protocolBroken, request.text, "an ending before the start")
            return true
        case .streaming: return true
        case .ended:
            measured.violations.note(.afterEnding, request.text, "a second ending")
            return false
        }
    }

    private func note(_ fault: AnswerText.Fault, _ cursor: EntryID, _ measured: inout Measurements) {
        switch fault {
        case .missing(let expected, let found):
            measured.violations.note(
                .chunkMissing, request.text, "\(expected) was due and \(found) came, in chunk \(cursor)")
        case .repeated(let expected, let found):
            measured.violations.note(
                .chunkRepeated, request.text, "\(expected) was due and \(found) came, in chunk \(cursor)")
        case .strange(let token):
            measured.violations.note(
                .textWrong, request.text, "something else than a number behind \(token), in chunk \(cursor)")
        }
    }

    private func check(
        _ metadata: StreamingComplete.Metadata, isCancelled: Bool, _ measured: inout Measurements
    ) {
        if metadata.isComplete == isCancelled {
            measured.violations.note(
                .endingWrong, request.text,
                "is_complete \(metadata.isComplete) and finish_reason \(metadata.finishReason)")
        }
        guard text.isCounted else { return }
        let told = metadata.usage.outputTokens
        if told > text.tokens {
            measured.violations.note(.chunkMissing, request.text, "of \(told) tokens \(text.tokens) came")
        } else if told < text.tokens {
            measured.violations.note(.endingWrong, request.text, "\(text.tokens) tokens came, it says \(told)")
        } else if metadata.finishReason == "stop", told != plan.tokens {
            measured.violations.note(
                .endingWrong, request.text, "\(plan.tokens) tokens were asked for, it ended by itself after \(told)")
        }
    }

    private mutating func ended(
        _ ending: Ending, at now: UInt64, observedAt: Int64?, _ measured: inout Measurements
    ) -> Action {
        state = .ended(ending, at: now, observedAt: observedAt)
        trigger = .max
        return settle(&measured)
    }

    private func settle(_ measured: inout Measurements) -> Action {
        guard case .ended(let ending, let endedAt, let observedAt) = state, !stop.isUnanswered else { return .none }
        stop.settled(
            ending, at: endedAt, observedAt: observedAt, lastChunkAt: lastChunkAt, isTimed: !isDisturbed,
            tokens: text.tokens, &measured)
        return .done
    }
}

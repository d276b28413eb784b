package import Shared

/// The life of one job in the hands of this worker. Pure; times are nanoseconds of any steady clock.
///
///     claiming ──claimed──▶ running ──generator ended──▶ finishing ──finish answered──▶ ended
///        │                    │ ╲ time over                  ▲ generator ended
///        │                    │  ╲─▶ expiring ───────────────┤
///        │                    │ stop, seal (also expiring)   │
///        │ claimed, a stop    ▼                              │ generator ended
///        ├────────────────▶ stopping ────────────────────────┤
///        │ claimed, a release                                │ release answered: stopped
///        ├────────────────▶ releasing ──release answered: held──▶ released
///        │ nothing to do
///        └──▶ ended                 any ──another attempt owns it──▶ fenced
package struct GenerationStateMachine: Sendable {
    /// A stop this worker has heard of.
    package struct Stop: Hashable, Sendable {
        /// Nil where only the seal of the log told of it.
        package var intent: StopIntent?
        /// When it was heard.
        package var heardAt: Int64
    }

    /// What the generator left behind.
    package enum Result: Hashable, Sendable {
        case finished(reason: String, usage: Usage?)
        /// What it generated through was stopped.
        case cancelled(StopIntent)
        case failed(Ending.Failure)
        /// It yielded nothing more because it was told so.
        case interrupted

        /// Its case, as journals have it.
        package var name: String {
            switch self {
            case .finished: "finished"
            case .cancelled: "cancelled"
            case .failed: "failed"
            case .interrupted: "interrupted"
            }
        }
    }

    private enum State: Sendable {
        case claiming(stop: Stop?, releases: Bool)
        case running
        case expiring
        case stopping(Stop)
        case releasing(stop: Stop?)
        case finishing(Stop?)
        case released
        case fenced
        case ended(Ending.State?, Stop?)
    }

    private var state = State.claiming(stop: nil, releases: false)

    package init() {}

    // MARK: Events

    /// What the claim's answer leads to.
    package enum ClaimAction: Hashable, Sendable {
        case generate
        /// It is ours, but is to end before its first token.
        case finish(AttemptEnding)
        case release
        /// It has ended, or is somebody else's: the job is done with.
        case acknowledge
    }

    /// The request is ours, with a new attempt.
    package mutating func claimed() -> ClaimAction {
        switch state {
        case .claiming(let stop?, _):
            state = .finishing(stop)
            return .finish(Self.cancelled(stop.intent))
        case .claiming(nil, true):
            state = .releasing(stop: nil)
            return .release
        case .claiming(nil, false):
            state = .running
            return .generate
        case .running, .expiring, .stopping, .releasing, .finishing, .released, .fenced, .ended:
            preconditionFailure("claimed twice")
        }
    }

    /// The request had ended, or the job is a second copy.
    package mutating func claimRefused(_ ending: Ending.State?) -> ClaimAction {
        switch state {
        case .claiming(let stop, _):
            state = .ended(ending, stop)
            return .acknowledge
        case .running, .expiring, .stopping, .releasing, .finishing, .released, .fenced, .ended:
            preconditionFailure("claimed twice")
        }
    }

    /// What a stop leads to.
    package enum StopAction: Hashable, Sendable {
        case none
        case stopGenerator(StopIntent.Mode)
    }

    /// Somebody wants the request to end. A kill may follow a stop.
    package mutating func stopRequested(_ intent: StopIntent, now: Int64) -> StopAction {
        let heard = Stop(intent: intent, heardAt: now)
        switch state {
        case .claiming(let stop, let releases):
            state = .claiming(stop: Self.merged(stop, heard), releases: releases)
            return .stopGenerator(intent.mode)
        case .running, .expiring:
            state = .stopping(heard)
            return .stopGenerator(intent.mode)
        case .stopping(let stop):
            state = .stopping(Self.merged(stop, heard))
            return intent.mode == .kill && stop.intent?.mode != .kill ? .stopGenerator(.kill) : .none
        case .releasing(let stop):
            state = .releasing(stop: Self.merged(stop, heard))
            return .stopGenerator(intent.mode)
        case .finishing(let stop):
            state = .finishing(Self.merged(stop, heard))
            return .none
        case .released, .fenced, .ended: return .none
        }
    }

    /// The log is sealed: there is a stop, whoever asked for it.
    package mutating func sealed(now: Int64) -> StopAction {
        switch state {
        case .running, .expiring:
            state = .stopping(Stop(intent: nil, heardAt: now))
            return .stopGenerator(.stop)
        case .claiming, .stopping, .releasing, .finishing, .released, .fenced, .ended: return .none
        }
    }

    /// The time of the request is over. Returns whether the generator is to be stopped; what it said until now counts.
    package mutating func expired() -> Bool {
        switch state {
        case .running:
            state = .expiring
            return true
        // What is decided stands; whoever claims a released one finds that its time is over.
        case .claiming, .expiring, .stopping, .releasing, .finishing, .released, .fenced, .ended: return false
        }
    }

    /// Another attempt owns the request, or it has ended. Returns whether the generator is to be abandoned.
    package mutating func leaseLost() -> Bool {
        switch state {
        case .running, .expiring, .stopping, .releasing:
            state = .fenced
            return true
        // The answer to the finish tells how it stands; a claim that is under way makes a new attempt.
        case .claiming, .finishing, .released, .fenced, .ended: return false
        }
    }

    /// The node drains: the request is to go back to its queue. Returns whether the generator is to be interrupted.
    package mutating func releaseRequested() -> Bool {
        switch state {
        case .claiming(let stop, _):
            state = .claiming(stop: stop, releases: true)
            return false
        case .running:
            state = .releasing(stop: nil)
            return true
        case .expiring, .stopping, .releasing, .finishing, .released, .fenced, .ended: return false
        }
    }

    /// What the end of the generator leads to.
    package enum EndAction: Hashable, Sendable {
        case none
        /// Write the ending, once everything said is written (`flushes`) or at once.
        case finish(AttemptEnding, flushes: Bool)
        /// Give it back, once everything said is written.
        case release
    }

    /// The generator yields nothing more.
    package mutating func generatorEnded(_ result: Result) -> EndAction {
        switch state {
        case .running:
            state = .finishing(nil)
            return .finish(Self.ending(of: result), flushes: true)
        case .expiring:
            state = .finishing(nil)
            return .finish(AttemptEnding(state: .expired, finishReason: "expired"), flushes: true)
        case .stopping(let stop):
            state = .finishing(stop)
            return .finish(Self.cancelled(stop.intent), flushes: false)
        case .releasing(let stop):
            // It had said all in the same moment: then there is nothing to hand over.
            if result == .interrupted || stop != nil { return .release }
            state = .finishing(nil)
            return .finish(Self.ending(of: result), flushes: true)
        case .claiming, .finishing, .released, .fenced, .ended: return .none
        }
    }

    /// The answer to the release. Returns the ending to write, where a stop was faster.
    package mutating func releaseAnswered(_ lease: LeaseState, now: Int64) -> AttemptEnding? {
        switch (state, lease) {
        case (.releasing, .held): state = .released
        case (.releasing, .lost): state = .fenced
        case (.releasing(let stop), .stopped(let intent)):
            let heard = Self.merged(stop, Stop(intent: intent, heardAt: now))
            state = .finishing(heard)
            return Self.cancelled(heard.intent)
        case (.claiming, _), (.running, _), (.expiring, _), (.stopping, _), (.finishing, _), (.released, _),
            (.fenced, _), (.ended, _):
            break
        }
        return nil
    }

    /// The answer to the finish: the ending that stands, or nil where the attempt is fenced. Returns whether the job is done
    /// with and is to be acknowledged.
    package mutating func finishAnswered(_ ending: Ending?) -> Bool {
        switch state {
        case .finishing(let stop):
            guard let ending else {
                state = .fenced
                return false
            }
            state = .ended(ending.state, stop ?? ending.stop.map { Stop(intent: $0, heardAt: 0) })
            return true
        case .claiming, .running, .expiring, .stopping, .releasing, .released, .fenced, .ended: return false
        }
    }

    // MARK: Questions

    /// Whether what the generator says now is part of the answer.
    package var isSpeaking: Bool {
        switch state {
        case .running: true
        case .claiming, .expiring, .stopping, .releasing, .finishing, .released, .fenced, .ended: false
        }
    }

    /// Whether the request has its ending.
    package var isEnded: Bool {
        switch state {
        case .ended: true
        case .claiming, .running, .expiring, .stopping, .releasing, .finishing, .released, .fenced: false
        }
    }

    /// The stop that was heard, if one was.
    package var stop: Stop? {
        switch state {
        case .claiming(let stop, _), .releasing(let stop), .finishing(let stop), .ended(_, let stop): stop
        case .stopping(let stop): stop
        case .running, .expiring, .released, .fenced: nil
        }
    }

    /// The state's name: safe as a metric label.
    package var name: String {
        switch state {
        case .claiming: "claiming"
        case .running: "running"
        case .expiring: "expiring"
        case .stopping: "stopping"
        case .releasing: "releasing"
        case .finishing: "finishing"
        case .released: "released"
        case .fenced: "fenced"
        case .ended(let ending?, _): ending.rawValue
        case .ended(nil, _): "superseded"
        }
    }

    // MARK: Endings

    /// What is to be written where `ending` was decided on: a stop that was heard since turns it into a cancellation, also if
    /// whoever heard it could not record it.
    package func endingDue(_ ending: AttemptEnding) -> AttemptEnding {
        guard let stop, ending.state != .cancelled else { return ending }
        return Self.cancelled(stop.intent)
    }

    private static func cancelled(_ intent: StopIntent?) -> AttemptEnding {
        AttemptEnding(state: .cancelled, finishReason: "cancelled", stop: intent)
    }

    private static func ending(of result: Result) -> AttemptEnding {
        switch result {
        case .finished(let reason, let usage):
            AttemptEnding(
                state: .completed, finishReason: reason, inputTokens: usage?.inputTokens ?? 0,
                outputTokens: usage?.outputTokens)
        case .cancelled(let intent): cancelled(intent)
        case .failed(let failure): AttemptEnding(state: .failed, finishReason: "error", error: failure)
        case .interrupted:
            AttemptEnding(
                state: .failed, finishReason: "error",
                error: Ending.Failure(code: .internalError, message: "the generator ended without an end"))
        }
    }

    /// The first stop counts; a kill sharpens it.
    private static func merged(_ first: Stop?, _ second: Stop) -> Stop {
        guard var first else { return second }
        guard first.intent != nil else { return Stop(intent: second.intent, heardAt: first.heardAt) }
        if second.intent?.mode == .kill { first.intent?.mode = .kill }
        return first
    }
}

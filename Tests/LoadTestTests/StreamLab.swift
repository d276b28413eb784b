import Histogram
import Shared

@testable import LoadTest

/// One answer and what is measured of it, on a clock that the test turns: microseconds since the request was due.
final class StreamLab {
    /// On the wall clock, when the request was due.
    static let wall: Int64 = 1_764_000_000_000_000
    /// On the monotonic clock.
    static let due: UInt64 = 5_000_000_000

    var stream: StreamStateMachine
    var measured = Measurements()
    let request = RequestID.random()

    init(_ behaviour: Behaviour = .read, tokens: Int = 5, isCounted: Bool = true) {
        stream = StreamStateMachine(
            request: request, plan: StreamPlan(tokens: tokens, behaviour: behaviour), due: Self.due,
            isCounted: isCounted, hasTimes: true)
    }

    static func moment(_ microseconds: Int64) -> Moment {
        Moment(nanoseconds: due + UInt64(microseconds) * 1000, microseconds: wall + microseconds)
    }

    func sent(at time: Int64 = 0) -> StreamStateMachine.Action { stream.sent(at: Self.moment(time)) }

    func started(at time: Int64) { stream.started(at: Self.moment(time).nanoseconds, &measured) }

    func chunk(_ index: UInt64, _ text: String, at time: Int64, attempt: UInt64 = 1)
        -> StreamStateMachine.Action
    {
        Array(text.utf8).withUnsafeBytes { bytes in
            stream.chunk(EntryID(attempt: attempt, index: index), bytes, at: Self.moment(time), &measured)
        }
    }

    func stops(due: Int64, at time: Int64) -> Bool {
        stream.stopDue(Self.moment(due).nanoseconds, at: Self.moment(time), &measured)
    }

    func acknowledged(_ outcome: StopOutcome = .stopped, at time: Int64) -> StreamStateMachine.Action {
        stream.acknowledged(outcome, at: Self.moment(time).nanoseconds, &measured)
    }

    func ends(
        _ reason: String = "stop", tokens: Int, observedAt: Int64? = nil, at time: Int64
    ) -> StreamStateMachine.Action {
        let stop = observedAt.map {
            StopIntent(by: .user, observedAt: Timestamp(microseconds: Self.wall + $0))
        }
        return stream.completed(
            .init(
                isComplete: reason != "cancelled", finishReason: reason, usage: Usage(outputTokens: tokens), stop: stop),
            at: Self.moment(time).nanoseconds, &measured)
    }

    /// The only sample of a metric in microseconds, to three digits; nil where there is none; -1 where there are several.
    func only(_ metric: Metric) -> Double? {
        let histogram = measured.histograms[metric]
        switch histogram.totalCount {
        case 0: return nil
        case 1: return (Double(histogram.maxRecorded) / 1000).rounded()
        default: return -1
        }
    }

    var checks: [Violation.Check: UInt64] { measured.violations.counts }
}

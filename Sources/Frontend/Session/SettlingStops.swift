import Shared

/// Times the stops of one connection from their arrival until its client is handed the ending. Pure; times are nanoseconds of any steady
/// clock.
///
/// Of several stops of a request the first counts. The ending may come before the stop is known to be recorded. Nothing is kept of requests
/// that do not stream on the connection once their stop is answered.
struct SettlingStops {
    /// A stop that has settled.
    struct Settled: Hashable {
        var outcome: StopOutcome
        var time: Int64
    }

    private struct Stop {
        var arrivedAt: Int64
        var outcome: StopOutcome?
        var endedAt: Int64?
    }

    private var stops: [RequestID: Stop] = [:]

    var isEmpty: Bool { stops.isEmpty }

    mutating func arrived(_ request: RequestID, now: Int64) {
        if stops[request] == nil { stops[request] = Stop(arrivedAt: now) }
    }

    /// The stop is durable. `streams`: whether the request streams here, or is about to.
    mutating func recorded(_ request: RequestID, _ outcome: StopOutcome, streams: Bool) -> Settled? {
        guard var stop = stops[request] else { return nil }
        let outcome = stop.outcome ?? outcome
        if let endedAt = stop.endedAt {
            stops[request] = nil
            return Settled(outcome: outcome, time: endedAt - stop.arrivedAt)
        }
        stop.outcome = outcome
        stops[request] = streams ? stop : nil
        return nil
    }

    /// The client was handed the ending.
    mutating func ended(_ request: RequestID, now: Int64) -> Settled? {
        guard let stop = stops[request] else { return nil }
        guard let outcome = stop.outcome else {
            stops[request]?.endedAt = now
            return nil
        }
        stops[request] = nil
        return Settled(outcome: outcome, time: now - stop.arrivedAt)
    }

    /// The stop could not be recorded, or no ending will be handed over here.
    mutating func forget(_ request: RequestID) { stops[request] = nil }
}

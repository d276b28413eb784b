import Shared

/// No stop is lost.
extension HistoryChecker {
    /// A request whose stop was accepted ends as cancelled, unless it had ended before, and soon once nothing is broken.
    mutating func checkStops(of request: RequestID) {
        let state = state(of: request).fields["state"]
        for stop in events[request] ?? [] where stop.kind == .stopAcknowledged {
            let way = "\(stop.actor)'s stop by \(stop.way?.rawValue ?? "")"
            if stop.outcome == "already_completed" {
                if state == "cancelled" {
                    found(.endingsDisagree, request, at: stop.at, "\(way) came after its end, but it is cancelled")
                }
                continue
            }
            if stop.way == .publish, !isHeldTo(stop) { continue }
            guard state == "cancelled", let ended = endedAt(request) else {
                if stop.way == .publish, state != nil, let ended = endedAt(request), ended < stop.at + bounds.race {
                    continue
                }
                found(
                    .lostStop, request, at: stop.at,
                    "\(way) was accepted (\(stop.outcome ?? "heard by \(stop.heard ?? 0)")), and the request is "
                        + "\(state ?? "unknown")")
                continue
            }
            let due = faults.calm(from: stop.at, margin: bounds.calm) + bounds.reaction
            if ended > due {
                found(
                    .lostStop, request, at: stop.at,
                    "\(way) took effect \((ended - stop.at) / 1000) ms after it was accepted, "
                        + "\((ended - due + bounds.reaction) / 1000) ms after all was whole")
            }
        }
    }

    /// Whether a bare publish must have had an effect: somebody heard it, and no fault was near that could have killed or cut off
    /// whoever heard it before it was recorded.
    private func isHeldTo(_ stop: HistoryEvent) -> Bool {
        (stop.heard ?? 0) > 0 && !faults.isBroken(from: stop.at - bounds.calm, to: stop.at + bounds.calm)
    }
}

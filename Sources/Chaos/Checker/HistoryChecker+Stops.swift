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

    /// A request is stopped by somebody who asked for that, or because nobody watched for longer than it allows.
    mutating func checkReason(of request: RequestID) {
        let fields = state(of: request).fields
        let events = events[request] ?? []
        guard fields["state"] == "cancelled", let sent = events.first(where: { $0.kind == .sent }) else { return }
        switch fields["stop_by"] {
        case "user", "operator":
            if !events.contains(where: { $0.kind == .stopSent }) {
                found(.needlessStop, request, at: endedAt(request), "it was stopped by nobody that is known of")
            }
        case "disconnect":
            let isMissed = events.contains { $0.kind == .abandoned && $0.actor == sent.actor }
            guard sent.grace == nil || (sent.grace ?? 0) > bounds.absence && !isMissed else { return }
            found(
                .needlessStop, request, at: endedAt(request),
                "it was stopped for nobody watched, though it goes on \(sent.grace.map { "for \($0) s" } ?? "unwatched")"
            )
        case let by:
            found(.needlessStop, request, at: endedAt(request), "it was stopped by \(by ?? "nobody")")
        }
    }

    /// Whether a bare publish must have had an effect: somebody heard it, and no fault was near that could have killed or cut off
    /// whoever heard it before it was recorded.
    private func isHeldTo(_ stop: HistoryEvent) -> Bool {
        (stop.heard ?? 0) > 0 && !faults.isBroken(from: stop.at - bounds.calm, to: stop.at + bounds.calm)
    }
}

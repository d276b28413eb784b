import Shared

/// One ending, and the same for all.
extension HistoryChecker {
    mutating func checkEndings(of request: RequestID) {
        let state = state(of: request)
        let events = events[request] ?? []
        let wasStarted = events.contains { $0.kind == .started }
        guard let current = state.fields["state"] else {
            if wasStarted { found(.lostRequest, request, "a client was told of its start, and Redis does not know it") }
            return checkWaiting(for: request, events)
        }
        let isOpen = current == "queued" || current == "running"
        if isOpen, wasStarted || state.fields["job"] != nil || current == "running" {
            found(.noEnding, request, "it is \(current) still")
        }
        let endings = state.log.filter { $0.kind == "e" }
        if isOpen ? !endings.isEmpty : endings.count != 1 {
            found(.endingsDisagree, request, "it is \(current), and its log has \(endings.count) endings")
        }
        if let ending = endings.last, !isOpen {
            if state.log.last?.id != ending.id {
                found(.endingsDisagree, request, "the log goes on behind the ending \(ending.id)")
            }
            let agrees =
                ending.fields["e"] == current && ending.fields["finish_reason"] == state.message["finish_reason"]
                && (state.message["is_complete"] == "1") == (current == "completed")
            if !agrees {
                found(
                    .endingsDisagree, request,
                    "the request is \(current), the log says \(ending.fields["e"] ?? "nothing"), the message "
                        + "\(state.message["finish_reason"] ?? "nothing")")
            }
        }
        if current == "failed" || current == "expired" {
            let why = endings.last?.fields["error_message"] ?? ""
            found(.needlessFailure, request, at: endedAt(request), "it is \(current): \(why)")
        }
        for event in events { checkSeen(event, of: request, state) }
        checkWaiting(for: request, events)
    }

    /// When the ending was written.
    func endedAt(_ request: RequestID) -> Int64? { state(of: request).fields["ended_at"].flatMap { Int64($0) } }

    private mutating func checkSeen(_ event: HistoryEvent, of request: RequestID, _ state: FinalState.Request) {
        switch event.kind {
        case .completed:
            guard
                event.outcome != state.message["finish_reason"]
                    || event.isComplete != (state.message["is_complete"] == "1")
            else { return }
            found(
                .endingsDisagree, request, at: event.at,
                "\(event.actor) was told \(event.outcome ?? "nothing"), but \(state.message["finish_reason"] ?? "nothing") is saved"
            )
        case .errored:
            guard state.fields["state"] != "failed", state.fields["state"] != "expired" else { return }
            found(
                .endingsDisagree, request, at: event.at,
                "\(event.actor) was told of an error, \"\(event.note ?? "")\", but the request is "
                    + "\(state.fields["state"] ?? "unknown")")
        case .refused:
            // What it asked is older than what it reads: also than a start that others were told of meanwhile.
            let events = events[request] ?? []
            let asked = events.last {
                $0.kind == .resumeSent && $0.actor == event.actor && $0.connection == event.connection
                    && $0.at <= event.at
            }
            guard event.outcome == "MESSAGE_NOT_FOUND", let asked,
                let started = events.first(where: { $0.kind == .started }), started.at < asked.at
            else { return }
            found(
                .lostRequest, request, at: event.at,
                "\(event.actor) was told that there is no such message, of a request that had started")
        default: break
        }
    }

    /// Every client that wants the ending got it.
    private mutating func checkWaiting(for request: RequestID, _ events: [HistoryEvent]) {
        for (client, events) in Dictionary(grouping: events, by: \.actor).sorted(by: { $0.key < $1.key }) {
            var waits = false
            for event in events {
                switch event.kind {
                case .sent, .resumeSent: waits = true
                case .completed, .errored, .abandoned: waits = false
                default: break
                }
            }
            if waits { found(.noEnding, request, "\(client) waits for its ending still") }
        }
    }
}

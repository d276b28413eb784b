import Shared

/// The log, the saved message, and what each client saw of them.
extension HistoryChecker {
    /// The text of the log behind its last restart.
    private static func text(of log: [FinalState.Entry]) -> String {
        log.reduce(into: "") { text, entry in
            switch entry.kind {
            case "c": text += entry.fields["c"] ?? ""
            case "r": text = ""
            default: break
            }
        }
    }

    /// The saved message of a request that has ended.
    private func saved(_ request: RequestID) -> String? {
        let message = state(of: request).message
        return message["finish_reason"] == nil ? nil : message["content"]
    }

    /// The saved message is the concatenation of the log, and both are what the generator was to say.
    mutating func checkLog(of request: RequestID) {
        let state = state(of: request)
        guard !state.fields.isEmpty else { return }
        var last: EntryID?
        for entry in state.log {
            if let last, entry.id <= last { found(.inexactText, request, "the log has \(entry.id) after \(last)") }
            if let last, entry.kind == "c", entry.id.attempt == last.attempt, entry.id.index != last.index + 1 {
                found(.inexactText, request, "the log has a hole between \(last) and \(entry.id)")
            }
            last = entry.id
        }
        let said = Self.text(of: state.log)
        let saved = state.message["content"] ?? ""
        if state.message["finish_reason"] != nil, said != saved {
            found(.inexactText, request, "saved is \"\(Self.tail(saved))\", but the log says \"\(Self.tail(said))\"")
        }
        guard let count = Self.numbers(in: said) else {
            return found(.inexactText, request, "the log does not count: \"\(Self.firstMiscount(said))\"")
        }
        let asked = events[request]?.lazy.compactMap(\.count).first
        if state.fields["state"] == "completed", let asked, count != asked {
            found(.inexactText, request, "it is completed with \(count) of \(asked) numbers")
        }
    }

    /// Where a text stops counting.
    private static func firstMiscount(_ text: String) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        for (number, word) in words.enumerated() where word != "\(number)" {
            return "… \(words[max(0, number - 3)..<min(words.count, number + 4)].joined(separator: " ")) …"
        }
        return tail(text)
    }

    /// What one client saw of a request, over all its connections.
    private struct View {
        var text = ""
        /// How many numbers that is; nil where it does not count.
        var counted: Int? = 0
        var cursor: EntryID?
        var isStarted = false
        /// On the present connection.
        var isAttached = false
        var acknowledgedOn: Int?
        var endedOn: Int?
        var connection: Int?
    }

    /// Each client's concatenated view is a beginning of the saved text, in order, without a chunk behind the acknowledgement of a stop
    /// on the same connection; at that acknowledgement, and at the ending, it is the whole.
    mutating func checkViews(of request: RequestID) {
        let byClient = Dictionary(grouping: events[request] ?? []) { $0.actor }
        for (_, events) in byClient.sorted(by: { $0.key < $1.key }) { checkView(of: request, events) }
    }

    private mutating func checkView(of request: RequestID, _ events: [HistoryEvent]) {
        var view = View()
        for event in events {
            if let connection = event.connection, connection != view.connection {
                view.connection = connection
                view.isAttached = false
            }
            switch event.kind {
            // From the beginning: also what is sent again, for it joins.
            case .resumeSent where event.cursor == nil, .sent: (view.text, view.counted, view.cursor) = ("", 0, nil)
            case .started: view.isAttached = true
            case .chunk, .restart: take(event, request, &view)
            case .stopAcknowledged where event.way == .webSocket: acknowledge(event, request, &view)
            case .completed, .errored: end(event, request, &view)
            default: break
            }
        }
    }

    private mutating func take(_ event: HistoryEvent, _ request: RequestID, _ view: inout View) {
        let what = event.kind == .chunk ? "chunk" : "restart"
        if view.acknowledgedOn == view.connection, view.connection != nil {
            found(
                .chunkAfterAcknowledgement, request, at: event.at,
                "\(event.actor) got a \(what) after its stop was acknowledged on the same connection")
        }
        if view.endedOn == view.connection, view.connection != nil {
            found(.endingsDisagree, request, at: event.at, "\(event.actor) got a \(what) after the ending")
        }
        if !view.isAttached {
            found(.inexactText, request, at: event.at, "\(event.actor) got a \(what) before the start")
        }
        if let cursor = view.cursor, let next = event.cursor, next <= cursor {
            found(.inexactText, request, at: event.at, "\(event.actor) got \(next) after \(cursor)")
        }
        view.cursor = event.cursor
        if event.kind == .restart {
            (view.text, view.counted) = ("", 0)
            return
        }
        view.text += event.text ?? ""
        guard let counted = view.counted else { return }
        view.counted = Self.count(on: event.text ?? "", from: counted)
        // Told once, where it begins.
        if view.counted == nil {
            found(
                .inexactText, request, at: event.at,
                "what \(event.actor) sees does not count any more: \(Self.firstMiscount(view.text))")
        }
    }

    private mutating func acknowledge(_ event: HistoryEvent, _ request: RequestID, _ view: inout View) {
        if view.acknowledgedOn == nil || view.acknowledgedOn != view.connection, view.isAttached,
            event.outcome != "already_completed", view.endedOn != view.connection,
            let saved = saved(request), view.text != saved
        {
            found(
                .shortAtAcknowledgement, request, at: event.at,
                "when its stop was acknowledged \(event.actor) held \"\(Self.tail(view.text))\", but \"\(Self.tail(saved))\" is saved"
            )
        }
        view.acknowledgedOn = view.connection
    }

    private mutating func end(_ event: HistoryEvent, _ request: RequestID, _ view: inout View) {
        if view.endedOn == view.connection, view.connection != nil {
            found(.endingsDisagree, request, at: event.at, "\(event.actor) got a second ending on one connection")
        }
        view.endedOn = view.connection
        guard event.kind == .completed, let saved = saved(request), view.text != saved else { return }
        found(
            .inexactText, request, at: event.at,
            "at the ending \(event.actor) holds \"\(Self.tail(view.text))\", but \"\(Self.tail(saved))\" is saved")
    }
}

import Shared

/// What happened around a violation, drawn for a terminal: one line for each thing, the times relative to the first.
///
/// ```
///    +0.000 s  client-1    sends: 200 numbers, one each 20 ms
///    +0.004 s  worker-2    attempt 1 begins behind 0 tokens
///    +0.213 s  faults      SIGSTOP of worker-2 for 3000 ms
/// ```
///
/// What a client, the nodes and Redis tell of one request, with the faults that were under way. Chunks and tokens that follow one another
/// are one line.
struct TimeLine: Sendable {
    private struct Entry {
        var at: Int64
        /// Until when, where it stands for several.
        var end: Int64
        var source: String
        var text: String
        /// What may be joined with the next entry of the same source: the key, the first and the last.
        var run: (key: String, first: String, last: String, count: Int)?
    }

    private let violation: Violation
    private var entries: [Entry] = []

    /// How much is told before the first and after the last event of the request, of faults and of nodes.
    private static let margin: Int64 = 1_000_000
    private static let longest = 400

    init(of violation: Violation, in history: History, logs: NodeLogs = NodeLogs()) {
        self.violation = violation
        guard let request = violation.request else {
            let end = violation.at ?? history.events.last?.at ?? 0
            addFaults(history, from: end - 10 * Self.margin, to: end)
            finish()
            return
        }
        let seen = history.events.filter { $0.request == request }
        for event in seen { add(event) }
        let journals = history.journals.filter { $0.request == request }
        for line in journals { add(line) }
        if let state = history.state.requests[request.text] { add(state) }
        let times = entries.map(\.at)
        let begin = (times.min() ?? 0) - Self.margin
        let end = (times.max() ?? 0) + Self.margin
        addFaults(history, from: begin, to: end)
        addConnections(history, of: Set(seen.map(\.actor)), from: begin, to: end)
        for line in logs.lines where line.at >= begin && line.at <= end && line.text.contains(request.text) {
            entries.append(
                Entry(at: line.at, end: line.at, source: line.node, text: "log: \(shortened(line.text, request))"))
        }
        finish()
    }

    /// The drawing.
    var text: String {
        let start = entries.first?.at ?? 0
        let width = entries.map(\.source.count).max() ?? 0
        var lines = ["\(violation)"]
        var isMarked = violation.at == nil
        for entry in entries.prefix(Self.longest) {
            if !isMarked, let at = violation.at, entry.at > at {
                lines.append("  >>> here")
                isMarked = true
            }
            let time = Self.seconds(entry.at - start)
            let span = entry.end > entry.at ? " (until \(Self.seconds(entry.end - start)))" : ""
            lines.append("  \(time)  \(entry.source.padded(to: width))  \(entry.text)\(span)")
        }
        if !isMarked { lines.append("  >>> here") }
        if entries.count > Self.longest { lines.append("  … and \(entries.count - Self.longest) more") }
        return lines.joined(separator: "\n")
    }

    private static func seconds(_ microseconds: Int64) -> String {
        let milliseconds = microseconds / 1000
        let fraction = "\(abs(milliseconds) % 1000)"
        let text =
            "\(milliseconds < 0 ? "-" : "+")\(abs(milliseconds) / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
        return String(repeating: " ", count: max(0, 11 - text.count)) + text
    }

    private func shortened(_ text: String, _ request: RequestID) -> String {
        text.replacing("request.id=\(request.text)", with: "").replacing("request_id=\(request.text)", with: "")
    }

    // MARK: What there is

    private mutating func add(_ event: HistoryEvent) {
        let connection = event.connection.map { ".\($0)" } ?? ""
        let place = event.node.map { " at \($0)" } ?? ""
        var entry = Entry(at: event.at, end: event.at, source: "\(event.actor)\(connection)", text: "", run: nil)
        switch event.kind {
        case .sent: entry.text = "sends: \(event.count ?? 0) numbers, one each \(event.interval ?? 0) ms"
        case .resumeSent: entry.text = "resumes behind \(event.cursor.map { "\($0)" } ?? "nothing")"
        case .started: entry.text = "start\(event.note.map { ", \($0)" } ?? "")\(place)"
        case .chunk:
            let words = (event.text ?? "").split(separator: " ")
            entry.run = (
                "chunk", "\(event.cursor.map { "\($0)" } ?? "?") \"\(words.first ?? "")",
                "\(words.last ?? "")\" \(event.cursor.map { "\($0)" } ?? "?")", words.count
            )
        case .restart: entry.text = "restart \(event.cursor.map { "\($0)" } ?? "?")"
        case .completed:
            entry.text = "COMPLETE \(event.outcome ?? "")\(event.isComplete == true ? "" : ", not complete")"
        case .errored: entry.text = "ERROR \(event.outcome ?? ""): \(event.note ?? "")"
        case .stopSent: entry.text = "STOPS by \(event.way?.rawValue ?? "")\(place)"
        case .stopAcknowledged:
            entry.text =
                "STOP ACKNOWLEDGED, by \(event.way?.rawValue ?? ""): \(event.outcome ?? "heard by \(event.heard ?? 0)")"
        case .stopRefused: entry.text = "stop refused: \(event.outcome ?? "no answer") \(event.note ?? "")"
        case .refused: entry.text = "refused: \(event.outcome ?? "") \(event.note ?? "")"
        case .abandoned: entry.text = "wants to know no more of it"
        case .connected, .closed, .connectFailed, .readsSlowly, .readsAgain, .faultBegan, .faultEnded, .faultSkipped,
            .crashed, .healed, .settled, .ended:
            return
        }
        entries.append(entry)
    }

    private mutating func add(_ line: JournalLine) {
        var entry = Entry(at: line.at, end: line.at, source: line.node ?? line.worker, text: "", run: nil)
        switch line.event {
        case .started: entry.text = "attempt \(line.attempt) begins behind \(line.tokens ?? 0) tokens"
        case .token:
            let word = (line.text ?? "").split(separator: " ").first.map(String.init) ?? ""
            entry.run = ("says \(line.attempt)", word, word, 1)
        case .restart: entry.text = "attempt \(line.attempt) begins the answer anew"
        case .stop: entry.text = "attempt \(line.attempt) hears the stop (\(line.mode ?? ""))"
        case .lost: entry.text = "attempt \(line.attempt) has lost its claim"
        case .ended:
            entry.text =
                "attempt \(line.attempt): the generator ended, \(line.result ?? ""), \(line.tokens ?? 0) tokens"
        case .left: entry.text = "attempt \(line.attempt) is left: \(line.state ?? "")"
        }
        entries.append(entry)
    }

    private mutating func add(_ state: FinalState.Request) {
        func add(_ field: String, _ text: String) {
            guard let at = state.fields[field].flatMap({ Int64($0) }) else { return }
            entries.append(Entry(at: at, end: at, source: "redis", text: text, run: nil))
        }
        add("created_at", "the request is accepted")
        add(
            "stop_at",
            "the stop is recorded: \(state.fields["stop_mode"] ?? "") by \(state.fields["stop_by"] ?? "") \(state.fields["stop_reason"] ?? "")"
        )
        add("claimed_at", "the last claim: attempt \(state.fields["attempt"] ?? "")")
        let tokens = state.message["output_tokens"].map { ", \($0) tokens" } ?? ""
        add("ended_at", "THE ENDING IS WRITTEN: \(state.fields["state"] ?? "")\(tokens)")
    }

    private mutating func addFaults(_ history: History, from begin: Int64, to end: Int64) {
        for event in history.events where event.at >= begin && event.at <= end {
            let text: String
            switch event.kind {
            case .faultBegan: text = "#\(event.fault ?? 0) \(event.note ?? "")"
            case .faultEnded: text = "#\(event.fault ?? 0) is over"
            case .crashed: text = "\(event.node ?? "") \(event.note ?? "")"
            case .healed: text = "all is whole from here on"
            case .settled: text = "all is at rest" + (event.note.map { ", but \($0)" } ?? "")
            default: continue
            }
            entries.append(Entry(at: event.at, end: event.at, source: "-- \(event.actor)", text: text, run: nil))
        }
        // Those that had begun before and lasted.
        let open = history.events.filter { $0.kind == .faultBegan && $0.at < begin }
        for event in open {
            let over = history.events.first { $0.kind == .faultEnded && $0.fault == event.fault }?.at ?? .max
            guard over >= begin else { continue }
            entries.append(
                Entry(
                    at: event.at, end: event.at, source: "-- faults", text: "#\(event.fault ?? 0) \(event.note ?? "")",
                    run: nil))
        }
    }

    private mutating func addConnections(_ history: History, of clients: Set<String>, from begin: Int64, to end: Int64)
    {
        for event in history.events where event.at >= begin && event.at <= end && clients.contains(event.actor) {
            let text: String
            switch event.kind {
            case .connected: text = "connected to \(event.node ?? "")"
            case .closed: text = "connection to \(event.node ?? "") closed: \(event.note ?? "")"
            case .readsSlowly: text = "reads nothing from here on"
            case .readsAgain: text = "reads again"
            default: continue
            }
            let connection = event.connection.map { ".\($0)" } ?? ""
            entries.append(
                Entry(at: event.at, end: event.at, source: "\(event.actor)\(connection)", text: text, run: nil))
        }
    }

    /// Orders the entries, and joins runs.
    private mutating func finish() {
        var joined: [Entry] = []
        let sorted = entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
            \.element)
        /// Where the open run of a source is; any other entry of that source, and every fault, ends it.
        var open: [String: Int] = [:]
        for entry in sorted {
            guard let run = entry.run else {
                if entry.source.hasPrefix("--") { open = [:] } else { open[entry.source] = nil }
                joined.append(entry)
                continue
            }
            if let place = open[entry.source], let before = joined[place].run, before.key == run.key {
                joined[place].end = entry.at
                joined[place].run = (run.key, before.first, run.last, before.count + run.count)
            } else {
                open[entry.source] = joined.count
                joined.append(entry)
            }
        }
        for place in joined.indices {
            guard let run = joined[place].run else { continue }
            let tokens = run.count == 1 ? "" : " (\(run.count))"
            joined[place].text =
                run.key == "chunk"
                ? "chunks \(run.first) … \(run.last)\(tokens)" : "\(run.key): \(run.first) … \(run.last)\(tokens)"
        }
        entries = joined
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

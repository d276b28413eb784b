import Shared

/// Judges a history: whether what must always hold did.
///
/// It knows what clients saw and asked for, what the workers' generators did, what was broken when, and what Redis held at the end; and
/// it knows how the `count` generator counts. Of the product it uses nothing but the form of ids: no state machine, no parser.
struct HistoryChecker {
    /// How long things may take once nothing is broken, in microseconds.
    struct Bounds: Hashable, Sendable {
        /// From an accepted stop to its ending; from a takeover, or an ending, to the last word of a generator that does not know of it.
        var reaction: Int64 = 15_000_000
        /// What may pass between a bare publish and an ending that does not heed it, for they race.
        var race: Int64 = 2_000_000
        /// For how long clients may be away at most, in seconds, that mean to come back.
        var absence = 20
        /// How far from a fault a bare publish must be, before and after, to be held to.
        var calm: Int64 = 3_000_000
    }

    let history: History
    let bounds: Bounds
    let faults: FaultCalendar
    /// What clients saw and did, by request.
    let events: [RequestID: [HistoryEvent]]
    let journals: [RequestID: [JournalLine]]
    private(set) var violations: [Violation] = []

    private init(_ history: History, _ bounds: Bounds) {
        self.history = history
        self.bounds = bounds
        faults = FaultCalendar(history.events)
        events = Dictionary(grouping: history.events.filter { $0.request != nil }) { $0.request! }
        journals = Dictionary(grouping: history.journals) { $0.request }
    }

    /// All violations; those that showed at a moment come first, in the order of those moments.
    static func check(_ history: History, bounds: Bounds = Bounds()) -> [Violation] {
        var checker = HistoryChecker(history, bounds)
        for request in checker.events.keys.sorted(by: { $0.text < $1.text }) {
            checker.checkLog(of: request)
            checker.checkViews(of: request)
            checker.checkEndings(of: request)
            checker.checkStops(of: request)
            checker.checkReason(of: request)
            checker.checkGeneration(of: request)
        }
        checker.checkRest()
        return checker.violations.sorted { ($0.at ?? .max, $0.kind.rawValue) < ($1.at ?? .max, $1.kind.rawValue) }
    }

    mutating func found(_ kind: Violation.Kind, _ request: RequestID?, at: Int64? = nil, _ text: String) {
        violations.append(Violation(kind: kind, request: request, at: at, text: text))
    }

    func state(of request: RequestID) -> FinalState.Request { history.state.requests[request.text] ?? .init() }

    // MARK: What is left at the end

    private mutating func checkRest() {
        for event in history.events where event.kind == .crashed {
            found(.crash, nil, at: event.at, "\(event.node ?? "a process"): \(event.note ?? "")")
        }
        for key in history.state.keysWithoutTimeToLive { found(.immortalKey, nil, "\(key) has no time to live") }
        for job in history.state.pendingJobs { found(.pendingJob, nil, "a job is left in a worker's hands: \(job)") }
        if history.state.waitingJobs > 0 {
            found(.pendingJob, nil, "\(history.state.waitingJobs) jobs wait for a worker, though all have ended")
        }
        for node in history.state.running { found(.orphan, nil, "a node says that it still runs something: \(node)") }
    }
}

extension HistoryChecker {
    /// What the count generator says from number 0 to the one before `count`.
    static func counted(_ count: Int) -> String {
        var text = ""
        for number in 0..<max(count, 0) { text += "\(number) " }
        return text
    }

    /// Whether `text` is what the count generator says first, whole numbers only. Returns how many, or nil.
    static func numbers(in text: String) -> Int? {
        let count = text.utf8.count { $0 == UInt8(ascii: " ") }
        return text == counted(count) ? count : nil
    }

    /// Whether `text` goes on with the number `next`. Returns the number that is due behind it, or nil.
    static func count(on text: String, from next: Int) -> Int? {
        var next = next
        var words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.popLast() == "" else { return text.isEmpty ? next : nil }
        for word in words {
            guard word == "\(next)" else { return nil }
            next += 1
        }
        return next
    }

    /// The end of a long text.
    static func tail(_ text: String) -> String { text.count > 40 ? "…\(text.suffix(40))" : text }
}

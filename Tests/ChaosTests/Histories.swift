import Shared

@testable import Chaos

/// A history written by hand: one request, and what became of it. It is in order until a test changes that.
struct HandWritten {
    static let id = RequestID("00000000-0000-4000-8000-000000000001")!
    static let second: Int64 = 1_000_000

    var history = History(setting: .init())
    private var now: Int64 = 0

    /// Seconds since the beginning.
    mutating func at(_ seconds: Double) { now = Int64(seconds * Double(Self.second)) }

    // MARK: What a client sees

    mutating func note(
        _ kind: HistoryEvent.Kind, by actor: String = "client-1", on connection: Int? = 1,
        _ fill: (inout HistoryEvent) -> Void = { _ in }
    ) {
        var event = HistoryEvent(at: now, kind, by: actor)
        event.request = Self.id
        event.connection = connection
        fill(&event)
        history.events.append(event)
    }

    mutating func sent(count: Int = 3) { note(.sent) { ($0.count, $0.interval) = (count, 20) } }
    mutating func chunk(
        _ attempt: UInt64, _ index: UInt64, _ text: String, by actor: String = "client-1", on connection: Int = 1
    ) {
        note(.chunk, by: actor, on: connection) {
            ($0.cursor, $0.text) = (EntryID(attempt: attempt, index: index), text)
        }
    }
    mutating func stopAcknowledged(
        _ outcome: String = "stopped", way: HistoryEvent.Way = .webSocket, heard: Int? = nil, on connection: Int? = 1
    ) {
        note(.stopAcknowledged, on: connection) { ($0.outcome, $0.way, $0.heard) = (outcome, way, heard) }
    }
    mutating func completed(_ reason: String = "stop", isComplete: Bool = true, on connection: Int = 1) {
        note(.completed, on: connection) { ($0.outcome, $0.isComplete) = (reason, isComplete) }
    }
    mutating func fault(_ kind: HistoryEvent.Kind, _ number: Int, node: String) {
        var event = HistoryEvent(at: now, kind, by: "faults")
        (event.fault, event.node) = (number, node)
        history.events.append(event)
    }
    mutating func settled() { history.events.append(HistoryEvent(at: now, .settled, by: "director")) }

    // MARK: What a worker writes down

    mutating func journal(
        _ event: JournalLine.Event, attempt: UInt64 = 1, node: String = "worker-1", index: Int? = nil,
        tokens: Int? = nil
    ) {
        history.journals.append(
            JournalLine(
                at: now, worker: "\(node)-x", request: Self.id, attempt: attempt, event: event, index: index,
                tokens: tokens, text: index.map { "\($0) " }, node: node))
    }

    // MARK: What Redis holds

    var state: FinalState.Request {
        get { history.state.requests[Self.id.text] ?? .init() }
        set { history.state.requests[Self.id.text] = newValue }
    }

    /// The log, the record and the message of a request that ended.
    mutating func redis(_ state: String, said: [(UInt64, UInt64, String)], endedAt: Double) {
        let reason = ["completed": "stop", "cancelled": "cancelled", "failed": "error"][state] ?? state
        let attempt = said.last?.0 ?? 1
        self.state.fields = [
            "state": state, "attempt": "\(attempt)", "job": "1-1",
            "ended_at": "\(Int64(endedAt * Double(Self.second)))",
        ]
        if state == "cancelled" { self.state.fields["stop_by"] = "user" }
        self.state.log =
            [FinalState.Entry(id: EntryID(attempt: 1, index: 0), kind: "a", fields: ["a": "worker-1-x"])]
            + said.map { attempt, index, text in
                FinalState.Entry(
                    id: EntryID(attempt: attempt, index: index), kind: index == 0 ? "a" : "c", fields: ["c": text])
            }
        self.state.log.append(
            FinalState.Entry(
                id: EntryID(attempt: attempt, index: EntryID.endingIndex), kind: "e",
                fields: ["e": state, "finish_reason": reason]))
        self.state.message = [
            "content": said.filter { $0.1 > 0 }.map(\.2).joined(), "finish_reason": reason,
            "is_complete": state == "completed" ? "1" : "0",
        ]
    }

    var kinds: Set<Violation.Kind> { Set(HistoryChecker.check(history).map(\.kind)) }

    // MARK: Whole stories

    /// Three numbers, said and heard.
    static var completed: HandWritten {
        var story = HandWritten()
        story.at(1)
        story.sent()
        story.note(.started)
        story.journal(.started, tokens: 0)
        for number in 0..<3 {
            story.at(1.1 + Double(number) / 10)
            story.journal(.token, index: number)
            story.chunk(1, UInt64(number + 1), "\(number) ")
        }
        story.at(2)
        story.journal(.ended, tokens: 3)
        story.journal(.left)
        story.completed()
        story.redis("completed", said: [(1, 1, "0 "), (1, 2, "1 "), (1, 3, "2 ")], endedAt: 1.9)
        story.at(3)
        story.settled()
        return story
    }

    /// Two of many numbers, and a stop at 2 s.
    static func cancelled(way: HistoryEvent.Way = .webSocket, endedAt: Double = 2.1) -> HandWritten {
        var story = HandWritten()
        story.at(1)
        story.sent(count: 100)
        story.note(.started)
        story.journal(.started, tokens: 0)
        for number in 0..<2 {
            story.journal(.token, index: number)
            story.chunk(1, UInt64(number + 1), "\(number) ")
        }
        story.at(2)
        story.note(.stopSent) { $0.way = way }
        story.stopAcknowledged(way: way, heard: way == .publish ? 2 : nil)
        story.at(2.05)
        story.journal(.stop)
        story.journal(.ended, tokens: 2)
        story.journal(.left)
        story.redis("cancelled", said: [(1, 1, "0 "), (1, 2, "1 ")], endedAt: endedAt)
        story.at(endedAt)
        story.completed("cancelled", isComplete: false)
        story.at(endedAt + 1)
        story.settled()
        return story
    }
}

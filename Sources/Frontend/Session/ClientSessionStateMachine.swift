import Shared

/// Keeps the order of what one connection asks and is told: which requests stream on it, and what becomes of a stop that comes
/// before its request is accepted.
///
/// A request is *preparing* (its conversation is being looked up), *asked* (the submission, or the question after it, is on
/// its way, so that a stop sent now is carried out after it), *streaming*, or not of this connection.
struct ClientSessionStateMachine {
    /// A stop that a client asked for, as it waits here.
    struct Stop: Hashable {
        var command: RequestID
        var intent: StopIntent
    }

    enum SendAction: Hashable {
        /// Submit it.
        case submit
        /// It is of this connection already: submit it again, to learn whether it is the same, and stream nothing twice.
        case confirm
        /// It is of this connection already, but whether it will stream here is not decided: kept until then, and sent again.
        case wait
        /// The connection has as many streams as it may.
        case refuse
    }

    enum ResumeAction: Hashable {
        /// Look the request up.
        case look
        /// It streams here.
        case alreadyStreaming
        /// It is about to: kept until then, for its start is the answer to both; resumed again where it is not going to.
        case soon
        case refuse
    }

    enum StopAction: Hashable {
        /// Record it.
        case record
        /// It is kept until the request is published or refused.
        case wait
    }

    enum ReceiptAction: Hashable {
        /// Hand everything up to the receipt's entry over, then acknowledge.
        case flush
        /// The request does not stream here: acknowledge.
        case acknowledge
        /// Its start has not been sent: kept, and asked again then.
        case wait
    }

    enum NotFoundAction: Hashable {
        /// The submission is not through: kept, and recorded again then.
        case wait
        case refuse
    }

    private enum State {
        case preparing([Stop])
        /// Stops to be recorded anew once the submission is settled, for they came before a repetition of it; and receipts
        /// that came before the start.
        case asked(again: [Stop], receipts: [Receipt])
        case streaming
    }

    struct Receipt: Hashable {
        var stop: Stop
        var receipt: StopReceipt
    }

    private let streamLimit: Int
    private var streams: [RequestID: State] = [:]
    /// Those of them that were resumed, and are being looked up.
    private var looking: Set<RequestID> = []
    /// Requests whose endings were sent last.
    private var recent: [RequestID] = []
    private static let recentLimit = 64

    init(streamLimit: Int) { self.streamLimit = streamLimit }

    /// Requests that stream or are about to.
    var count: Int { streams.count }

    mutating func sendReceived(_ id: RequestID) -> SendAction {
        switch streams[id] {
        case .preparing: return .wait
        case .asked: return looking.contains(id) ? .wait : .confirm
        case .streaming: return .confirm
        case nil: break
        }
        guard streams.count < streamLimit else { return .refuse }
        streams[id] = .preparing([])
        return .submit
    }

    mutating func resumeReceived(_ id: RequestID) -> ResumeAction {
        switch streams[id] {
        case .streaming: return .alreadyStreaming
        case .preparing, .asked: return .soon
        case nil:
            guard streams.count < streamLimit else { return .refuse }
            streams[id] = .asked(again: [], receipts: [])
            looking.insert(id)
            return .look
        }
    }

    mutating func stopReceived(_ id: RequestID, _ stop: Stop) -> StopAction {
        switch streams[id] {
        case .preparing(let stops):
            streams[id] = .preparing(stops + [stop])
            return .wait
        case .asked, .streaming, nil:
            return .record
        }
    }

    /// The submission is on its way. Returns the stops to record behind it.
    mutating func published(_ id: RequestID) -> [Stop] {
        switch streams[id] {
        case .preparing(let stops):
            streams[id] = .asked(again: [], receipts: [])
            return stops
        case .asked, .streaming, nil:
            return []
        }
    }

    /// The start was sent. Returns the stops to record again, and the receipts to act on.
    mutating func opened(_ id: RequestID) -> (again: [Stop], receipts: [Receipt]) {
        let state = streams[id]
        streams[id] = .streaming
        looking.remove(id)
        switch state {
        case .asked(let again, let receipts): return (again, receipts)
        case .preparing(let stops): return (stops, [])
        case .streaming, nil: return ([], [])
        }
    }

    /// The request was refused, or its fate is not known. Returns the stops to record nevertheless, and the receipts to act on.
    mutating func refused(_ id: RequestID) -> (again: [Stop], receipts: [Receipt]) {
        looking.remove(id)
        switch streams.removeValue(forKey: id) {
        case .asked(let again, let receipts): return (again, receipts)
        case .preparing(let stops): return (stops, [])
        case .streaming, nil: return ([], [])
        }
    }

    mutating func stopRecorded(_ id: RequestID, _ receipt: Receipt) -> ReceiptAction {
        switch streams[id] {
        case .streaming:
            return .flush
        case .asked(let again, let receipts):
            streams[id] = .asked(again: again, receipts: receipts + [receipt])
            return .wait
        case .preparing, nil:
            return .acknowledge
        }
    }

    mutating func stopNotFound(_ id: RequestID, _ stop: Stop) -> NotFoundAction {
        switch streams[id] {
        case .asked(let again, let receipts):
            streams[id] = .asked(again: again + [stop], receipts: receipts)
            return .wait
        case .preparing, .streaming, nil:
            return .refuse
        }
    }

    mutating func ended(_ id: RequestID) {
        streams[id] = nil
        looking.remove(id)
        if recent.count == Self.recentLimit { recent.removeFirst() }
        recent.append(id)
    }

    /// A request that was resumed is there: what is sent now joins it.
    mutating func found(_ id: RequestID) { looking.remove(id) }

    /// Whether a stop of `id` is recorded that waits for its start.
    func isStopped(_ id: RequestID) -> Bool {
        switch streams[id] {
        case .asked(_, let receipts): !receipts.isEmpty
        case .preparing, .streaming, nil: false
        }
    }

    /// A repetition was accepted though what it was to confirm had been refused: it runs, so it streams here whatever the bound.
    mutating func acceptedAlone(_ id: RequestID) { streams[id] = .preparing([]) }

    /// Whether `id` streams here or is about to.
    func carries(_ id: RequestID) -> Bool { streams[id] != nil }

    /// Whether the ending of `id` was sent on this connection, as far as it remembers.
    func hasEnded(_ id: RequestID) -> Bool { recent.contains(id) }
}

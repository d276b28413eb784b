/// What is counted. The raw value is its name in limits and JSON.
enum Count: String, CaseIterable, Sendable {
    case chunks
    case tokens
    case bytes
    /// Requests sent.
    case requests
    /// Answers that ended by themselves.
    case completed
    /// Answers that ended by a stop,
    case cancelled
    /// of which nobody here had sent one.
    case stoppedByOthers = "stopped_by_others"
    /// Answers that failed (`message.streaming.error`).
    case failed
    /// Commands that were refused (`response.error`).
    case refused
    /// Answers left for good.
    case abandoned
    /// Stops sent, and what they met.
    case stops
    case stopped = "stops_stopped"
    case dequeued = "stops_dequeued"
    case alreadyStopped = "stops_already_stopped"
    case alreadyCompleted = "stops_already_completed"
    /// Answers resumed on another connection.
    case resumed
    /// Answers that began anew (`message.streaming.restart`).
    case restarted
    /// Tokens said after a stop had left that came here all the same.
    case lateTokens = "late_tokens"
    /// Chunks after the acknowledgement of a stop: none may be.
    case chunksAfterStop = "chunks_after_stop"
    /// Connections that were lost though nobody here closed them.
    case lost
    /// Connections that could not be made.
    case unconnected
    /// Requests that were due and could not be sent, for no connection had room.
    case unsent

    var index: Int {
        switch self {
        case .chunks: 0
        case .tokens: 1
        case .bytes: 2
        case .requests: 3
        case .completed: 4
        case .cancelled: 5
        case .stoppedByOthers: 6
        case .failed: 7
        case .refused: 8
        case .abandoned: 9
        case .stops: 10
        case .stopped: 11
        case .dequeued: 12
        case .alreadyStopped: 13
        case .alreadyCompleted: 14
        case .resumed: 15
        case .restarted: 16
        case .lateTokens: 17
        case .chunksAfterStop: 18
        case .lost: 19
        case .unconnected: 20
        case .unsent: 21
        }
    }
}

/// The counts.
struct Counters: Sendable, Hashable {
    private var values = [UInt64](repeating: 0, count: Count.allCases.count)

    subscript(count: Count) -> UInt64 {
        get { values[count.index] }
        set { values[count.index] = newValue }
    }

    mutating func add(_ other: Counters) {
        for index in values.indices { values[index] += other.values[index] }
    }

    /// All that went wrong: answers, commands and connections.
    var errors: UInt64 { self[.failed] + self[.refused] + self[.lost] + self[.unconnected] }
}

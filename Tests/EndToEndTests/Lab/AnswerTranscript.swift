import Shared

/// All that one client was told of one request.
struct AnswerTranscript: Sendable {
    var starts: [StreamingStart] = []
    var chunks: [StreamingChunk] = []
    /// The places in the queue that were told.
    var positions: [UInt64] = []
    var complete: StreamingComplete?
    var failure: StreamingError?
    /// What the first stop of this client was answered.
    var acknowledgement: CommandSuccess.StopResult?
    /// What the protocol forbids.
    var violations: [String] = []

    /// Where it began anew: the chunks before are void and not kept.
    var restarts: [EntryID] = []

    var text: String { chunks.map(\.chunk.content).joined() }
    var cursor: EntryID? { chunks.last?.cursor ?? restarts.last }
    var hasEnded: Bool { complete != nil || failure != nil }
    var wasCancelled: Bool { complete?.metadata.finishReason == "cancelled" }
    var stop: StopIntent? { complete?.metadata.stop }

    mutating func received(_ start: StreamingStart) {
        if let first = starts.first, first.messageID != start.messageID || first.sessionID != start.sessionID {
            violations.append("a start that names another message or session")
        }
        starts.append(start)
    }

    mutating func received(_ queued: MessageQueued) {
        if starts.isEmpty { violations.append("a place in the queue before the start") }
        if !chunks.isEmpty || hasEnded { violations.append("a place in the queue of a request that runs") }
        if queued.position == positions.last { violations.append("the same place in the queue twice") }
        positions.append(queued.position)
    }

    mutating func received(_ chunk: StreamingChunk) {
        if starts.isEmpty { violations.append("a chunk before the start") }
        if hasEnded { violations.append("a chunk after the ending") }
        if acknowledgement != nil { violations.append("a chunk after the acknowledgement of the stop") }
        if let cursor, chunk.cursor <= cursor { violations.append("cursor \(chunk.cursor) after \(cursor)") }
        chunks.append(chunk)
    }

    mutating func received(_ restart: StreamingRestart) {
        if hasEnded { violations.append("a restart after the ending") }
        if acknowledgement != nil { violations.append("a restart after the acknowledgement of the stop") }
        if let cursor, restart.cursor <= cursor { violations.append("cursor \(restart.cursor) after \(cursor)") }
        restarts.append(restart.cursor)
        chunks = []
    }

    mutating func received(_ ending: StreamingComplete) {
        if hasEnded { violations.append("a second ending") }
        complete = ending
    }

    mutating func received(_ ending: StreamingError) {
        if hasEnded { violations.append("a second ending") }
        failure = ending
    }

    var summary: String {
        let end = complete.map { $0.metadata.finishReason } ?? failure.map { "error: \($0.message)" } ?? "not ended"
        return "\(starts.count) starts, \(chunks.count) chunks to \(cursor?.description ?? "-"), "
            + "\(acknowledgement.map { $0.outcome.rawValue } ?? "no stop"), \(end), …\(text.suffix(40))"
    }
}

/// What the count generator says: `0 1 2 … `, `count` numbers.
func counted(_ count: Int) -> String { (0..<count).map { "\($0) " }.joined() }

extension String {
    /// How many numbers this is, if it counts from 0 without a hole.
    var numbersCounted: Int? {
        let count = split(separator: " ").count
        return self == counted(count) ? count : nil
    }
}

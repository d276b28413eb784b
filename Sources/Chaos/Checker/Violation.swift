import Shared

/// Something that must never be, and was.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// What must hold, by the name of its breach.
    enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A stop was accepted, and the request did not end as cancelled, or far too late.
        case lostStop
        /// A request was stopped, and nobody asked for that.
        case needlessStop
        /// A chunk came on a connection after the stop was acknowledged there.
        case chunkAfterAcknowledgement
        /// When its stop was acknowledged a client did not hold what is saved.
        case shortAtAcknowledgement
        /// A text has a hole, a repetition, or is another than the one that is saved.
        case inexactText
        /// Not exactly one ending, or not the same for all.
        case endingsDisagree
        /// Somebody still waits for an ending, or a request has none.
        case noEnding
        /// An answer failed though nothing was wrong with the request.
        case needlessFailure
        /// Redis does not know a request that was accepted.
        case lostRequest
        /// A generator spoke that must not speak any more.
        case orphan
        /// A process ended by itself, or badly, or would not end.
        case crash
        /// A key has no time to live.
        case immortalKey
        /// A job was left behind.
        case pendingJob
    }

    var kind: Kind
    var request: RequestID?
    /// When it showed, in microseconds since 1970, where it did at a moment.
    var at: Int64?
    var text: String

    var description: String { "\(kind.rawValue): \(text)\(request.map { " (\($0))" } ?? "")" }
}

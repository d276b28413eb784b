import Shared

/// One thing that a client saw or did, or that was done to the machines: a line of `history.jsonl`.
struct HistoryEvent: Codable, Hashable, Sendable {
    enum Kind: String, Codable, Sendable {
        // A client and its connection.
        case connected, closed, connectFailed
        /// Commands that were handed to the socket.
        case sent, resumeSent, stopSent
        /// What the frontend said of a request.
        case started, chunk, restart, completed, errored
        /// `response.success` to a stop, by whatever way; and refusals of commands.
        case stopAcknowledged, stopRefused, refused
        /// The client does not want to know any more of a request.
        case abandoned
        case readsSlowly, readsAgain
        // The machines.
        case faultBegan, faultEnded, faultSkipped
        /// A process ended that was not told to, or badly, or did not end though it was told to.
        case crashed
        /// Everything works from here on.
        case healed
        /// All that was to end has ended, or the wait for that is over (`note` says what is missing).
        case settled
        /// The clients are gone, and the final state was read.
        case ended
    }

    /// By which way a stop goes.
    enum Way: String, Codable, Sendable, CaseIterable {
        case webSocket, http, publish
    }

    /// Microseconds since 1970, on the clock of this host, which is also that of Redis and of the nodes.
    var at: Int64
    var kind: Kind
    /// Who saw it, such as `client-2` or `faults`.
    var actor: String
    /// Which of the client's connections, from 1.
    var connection: Int?
    /// The node at the other end, or to which the fault was done.
    var node: String?
    var request: RequestID?
    /// A cursor: of a chunk or a restart, or after which is resumed.
    var cursor: EntryID?
    var text: String?
    /// Of a stop: its outcome. Of an ending: its finish reason. Of a refusal or an error: its code.
    var outcome: String?
    var way: Way?
    /// Numbers that were asked for.
    var count: Int?
    /// The time between two of them, in milliseconds.
    var interval: Int?
    /// For how many seconds nobody may watch; nil where it goes on unwatched.
    var grace: Int?
    /// How many heard a bare publish.
    var heard: Int?
    var isComplete: Bool?
    /// Tells a fault's beginning and end from another's.
    var fault: Int?
    var note: String?

    init(at: Int64, _ kind: Kind, by actor: String) {
        self.at = at
        self.kind = kind
        self.actor = actor
    }
}

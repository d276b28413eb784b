import Shared

/// One answer, as a client received it: what `penstock send -o json` prints.
struct Answer: Hashable, Sendable, Encodable {
    /// How it ended, as the client was told.
    enum State: String, Hashable, Sendable, Encodable {
        case completed, cancelled, failed
    }

    struct Failure: Hashable, Sendable, Encodable {
        /// What the frontend said; absent where the frontend was lost for good.
        var errorCode: ErrorCode?
        var message: String

        enum CodingKeys: String, CodingKey {
            case message
            case errorCode = "error_code"
        }
    }

    var requestID: RequestID
    var messageID: MessageID?
    var sessionID: SessionID?
    var state: State
    /// The chunks behind the last restart, in order; cut at the bound of the state machine.
    var content: String
    /// The cursor of the last chunk or restart.
    var cursor: EntryID?
    var finishReason: String?
    var usage: Usage?
    var stop: StopIntent?
    var error: Failure?

    enum CodingKeys: String, CodingKey {
        case state, content, cursor, usage, stop, error
        case requestID = "request_id"
        case messageID = "message_id"
        case sessionID = "session_id"
        case finishReason = "finish_reason"
    }
}

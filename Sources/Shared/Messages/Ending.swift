/// How a request ended: the last entry of its log. A request has exactly one.
package struct Ending: Hashable, Sendable, Codable {
    /// The four endings there are.
    package enum State: String, Hashable, Sendable, Codable {
        case completed, cancelled, failed, expired
    }

    package var state: State
    /// `stop` and `length` as the engine says, `cancelled`, `error` or `expired` otherwise.
    package var finishReason: String
    package var usage: Usage
    /// The stop that ended it, for `cancelled`.
    package var stop: StopIntent?
    /// What went wrong, for `failed` and `expired`.
    package var error: Failure?
    /// When the ending was written, by Redis's clock.
    package var endedAt: Timestamp?

    /// What a client is told of a failure.
    package struct Failure: Hashable, Sendable, Codable {
        package var code: ErrorCode
        package var message: String

        package init(code: ErrorCode, message: String) {
            self.code = code
            self.message = message
        }

        enum CodingKeys: String, CodingKey {
            case message
            case code = "error_code"
        }
    }

    package init(
        state: State, finishReason: String, usage: Usage = Usage(), stop: StopIntent? = nil, error: Failure? = nil,
        endedAt: Timestamp? = nil
    ) {
        self.state = state
        self.finishReason = finishReason
        self.usage = usage
        self.stop = stop
        self.error = error
        self.endedAt = endedAt
    }

    /// Whether the engine finished what it had to say.
    package var isComplete: Bool { state == .completed }

    enum CodingKeys: String, CodingKey {
        case state, usage, stop, error
        case finishReason = "finish_reason"
        case endedAt = "ended_at"
    }
}

/// A saved message, as HTTP and the operator's command show it.
package struct MessageRecord: Hashable, Sendable, Codable {
    package var messageID: MessageID
    package var sessionID: SessionID
    package var parentMessageID: MessageID?
    /// The request that writes it, for an assistant's message.
    package var requestID: RequestID?
    package var role: String
    package var content: String
    package var isComplete: Bool
    /// Absent while the request runs: `content` is then what the log holds so far.
    package var finishReason: String?
    package var usage: Usage?
    package var stop: StopIntent?
    /// What went wrong, where the request failed or expired.
    package var error: Ending.Failure?
    package var createdAt: Timestamp
    package var completedAt: Timestamp?
    /// Who may read it; not shown.
    package var owner: String

    package init(
        messageID: MessageID, sessionID: SessionID, parentMessageID: MessageID? = nil, requestID: RequestID? = nil,
        role: String, content: String, isComplete: Bool, finishReason: String? = nil, usage: Usage? = nil,
        stop: StopIntent? = nil, error: Ending.Failure? = nil, createdAt: Timestamp, completedAt: Timestamp? = nil,
        owner: String
    ) {
        self.messageID = messageID
        self.sessionID = sessionID
        self.parentMessageID = parentMessageID
        self.requestID = requestID
        self.role = role
        self.content = content
        self.isComplete = isComplete
        self.finishReason = finishReason
        self.usage = usage
        self.stop = stop
        self.error = error
        self.createdAt = createdAt
        self.completedAt = completedAt
        self.owner = owner
    }

    enum CodingKeys: String, CodingKey {
        case role, content, usage, stop, error
        case messageID = "message_id"
        case sessionID = "session_id"
        case parentMessageID = "parent_message_id"
        case requestID = "request_id"
        case isComplete = "is_complete"
        case finishReason = "finish_reason"
        case createdAt = "created_at"
        case completedAt = "completed_at"
    }

    /// Decodes what HTTP shows; the owner is not part of it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            messageID: try values.decode(MessageID.self, forKey: .messageID),
            sessionID: try values.decode(SessionID.self, forKey: .sessionID),
            parentMessageID: try values.decodeIfPresent(MessageID.self, forKey: .parentMessageID),
            requestID: try values.decodeIfPresent(RequestID.self, forKey: .requestID),
            role: try values.decode(String.self, forKey: .role),
            content: try values.decode(String.self, forKey: .content),
            isComplete: try values.decode(Bool.self, forKey: .isComplete),
            finishReason: try values.decodeIfPresent(String.self, forKey: .finishReason),
            usage: try values.decodeIfPresent(Usage.self, forKey: .usage),
            stop: try values.decodeIfPresent(StopIntent.self, forKey: .stop),
            error: try values.decodeIfPresent(Ending.Failure.self, forKey: .error),
            createdAt: try values.decode(Timestamp.self, forKey: .createdAt),
            completedAt: try values.decodeIfPresent(Timestamp.self, forKey: .completedAt),
            owner: "")
    }
}

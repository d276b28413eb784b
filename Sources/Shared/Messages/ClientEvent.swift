/// What a client says over the WebSocket: the commands of the chat-engine protocol 2.0, and `auth`.
package struct ClientEvent: Hashable, Sendable {
    /// The id of the command: a UUID of the client's choice, and the `request_id` of every answer to it.
    package var id: RequestID
    package var command: Command

    package enum Command: Hashable, Sendable {
        case send(SendCommand)
        case stop(StopCommand)
        case resume(ResumeCommand)
        case authenticate(AuthCommand)
    }

    package init(id: RequestID, command: Command) {
        self.id = id
        self.command = command
    }
}

/// `message.send`: start a generation.
package struct SendCommand: Hashable, Sendable {
    package var sessionID: SessionID?
    package var content: String
    package var parentMessageID: MessageID?
    package var model: String?
    package var parameters: [String: JSONValue]?
    /// What becomes of the request when its last viewer leaves: seconds of grace, 0 to stop at once. Absent: as the
    /// frontend is configured.
    package var onDisconnect: DisconnectPolicy?
    /// Milliseconds that it may wait for a worker, and take in all; absent or longer than the server allows: as that allows.
    package var queueTimeout: Int?
    package var timeout: Int?

    package init(
        sessionID: SessionID? = nil, content: String, parentMessageID: MessageID? = nil, model: String? = nil,
        parameters: [String: JSONValue]? = nil, onDisconnect: DisconnectPolicy? = nil, queueTimeout: Int? = nil,
        timeout: Int? = nil
    ) {
        self.sessionID = sessionID
        self.content = content
        self.parentMessageID = parentMessageID
        self.model = model
        self.parameters = parameters
        self.onDisconnect = onDisconnect
        self.queueTimeout = queueTimeout
        self.timeout = timeout
    }

    /// What it asks for of both.
    package var timeLimits: TimeLimits { TimeLimits(queue: queueTimeout, total: timeout) }
}

/// `message.stop`: end a generation, named by its request or by the message it writes.
package struct StopCommand: Hashable, Sendable {
    package var requestID: RequestID?
    package var messageID: MessageID?
    package var mode: StopIntent.Mode?
    package var reason: String?

    package init(
        requestID: RequestID? = nil, messageID: MessageID? = nil, mode: StopIntent.Mode? = nil, reason: String? = nil
    ) {
        self.requestID = requestID
        self.messageID = messageID
        self.mode = mode
        self.reason = reason
    }
}

/// `message.resume`: watch a request again, from after a cursor.
package struct ResumeCommand: Hashable, Sendable {
    package var requestID: RequestID
    package var after: EntryID?

    package init(requestID: RequestID, after: EntryID? = nil) {
        self.requestID = requestID
        self.after = after
    }
}

/// `auth`: say who one is, or that one still is. An extension of the protocol.
package struct AuthCommand: Hashable, Sendable {
    package var token: String

    package init(token: String) { self.token = token }
}

/// What a frontend says over the WebSocket.
package enum ServerEvent: Hashable, Sendable {
    case connectionReady(ConnectionReady)
    case connectionError(ConnectionError)
    case queued(MessageQueued)
    case streamingStart(StreamingStart)
    case streamingChunk(StreamingChunk)
    case streamingRestart(StreamingRestart)
    case streamingComplete(StreamingComplete)
    case streamingError(StreamingError)
    case success(CommandSuccess)
    case authenticated(AuthSuccess)
    case failure(CommandFailure)

    /// The `type` of the envelope.
    package var type: String {
        switch self {
        case .connectionReady: "connection.ready"
        case .connectionError: "connection.error"
        case .queued: "message.queued"
        case .streamingStart: "message.streaming.start"
        case .streamingChunk: "message.streaming.chunk"
        case .streamingRestart: "message.streaming.restart"
        case .streamingComplete: "message.streaming.complete"
        case .streamingError: "message.streaming.error"
        case .success, .authenticated: "response.success"
        case .failure: "response.error"
        }
    }
}

/// `connection.ready`: the first event of every connection.
package struct ConnectionReady: Hashable, Sendable {
    package var clientID: String
    package var serverVersion: String
    /// The extensions of the protocol that this server speaks.
    package var capabilities: [String]
    /// Present and true where the client has to send `auth` before anything else…
    package var authRequired: Bool?
    /// …and how long it may take.
    package var authTimeoutMilliseconds: Int64?
    /// When the token that was shown ends, and the connection with it.
    package var authExpiresAt: Timestamp?

    package init(
        clientID: String, serverVersion: String, capabilities: [String], authRequired: Bool? = nil,
        authTimeoutMilliseconds: Int64? = nil, authExpiresAt: Timestamp? = nil
    ) {
        self.clientID = clientID
        self.serverVersion = serverVersion
        self.capabilities = capabilities
        self.authRequired = authRequired
        self.authTimeoutMilliseconds = authTimeoutMilliseconds
        self.authExpiresAt = authExpiresAt
    }
}

/// `connection.error`: something is wrong that belongs to no command.
package struct ConnectionError: Hashable, Sendable {
    package var errorCode: ErrorCode
    package var message: String

    package init(errorCode: ErrorCode, message: String) {
        self.errorCode = errorCode
        self.message = message
    }
}

/// `message.queued`: where a request stands that no worker has taken yet. An extension of the protocol.
package struct MessageQueued: Hashable, Sendable {
    package var requestID: RequestID
    package var messageID: MessageID
    /// How many jobs no worker has taken, up to and including this one: 1 is the next. 0: a worker has it now.
    package var position: UInt64

    package init(requestID: RequestID, messageID: MessageID, position: UInt64) {
        self.requestID = requestID
        self.messageID = messageID
        self.position = position
    }
}

/// `message.streaming.start`: the request is accepted (or, with `resumed`, watched again); its chunks follow.
package struct StreamingStart: Hashable, Sendable {
    package var requestID: RequestID
    package var messageID: MessageID
    package var sessionID: SessionID
    /// Present and true where the stream continues from a cursor.
    package var resumed: Bool?

    package init(requestID: RequestID, messageID: MessageID, sessionID: SessionID, resumed: Bool? = nil) {
        self.requestID = requestID
        self.messageID = messageID
        self.sessionID = sessionID
        self.resumed = resumed
    }
}

/// `message.streaming.chunk`: more text.
package struct StreamingChunk: Hashable, Sendable {
    package struct Chunk: Hashable, Sendable {
        package var type: String
        package var content: String

        package init(type: String = "text", content: String) {
            self.type = type
            self.content = content
        }
    }

    package var requestID: RequestID
    package var messageID: MessageID
    /// Resuming after it continues behind this chunk.
    package var cursor: EntryID
    package var chunk: Chunk

    package init(requestID: RequestID, messageID: MessageID, cursor: EntryID, chunk: Chunk) {
        self.requestID = requestID
        self.messageID = messageID
        self.cursor = cursor
        self.chunk = chunk
    }
}

/// `message.streaming.restart`: the answer begins anew, and the text of every chunk before is void. Its chunks follow.
package struct StreamingRestart: Hashable, Sendable {
    package var requestID: RequestID
    package var messageID: MessageID
    /// Resuming after it continues behind this event.
    package var cursor: EntryID

    package init(requestID: RequestID, messageID: MessageID, cursor: EntryID) {
        self.requestID = requestID
        self.messageID = messageID
        self.cursor = cursor
    }
}

/// `message.streaming.complete`: the request ended and its message is saved.
package struct StreamingComplete: Hashable, Sendable {
    package struct Metadata: Hashable, Sendable {
        package var isComplete: Bool
        package var finishReason: String
        package var usage: Usage
        package var stop: StopIntent?

        package init(isComplete: Bool, finishReason: String, usage: Usage, stop: StopIntent? = nil) {
            self.isComplete = isComplete
            self.finishReason = finishReason
            self.usage = usage
            self.stop = stop
        }
    }

    package var requestID: RequestID
    package var messageID: MessageID
    package var metadata: Metadata

    package init(requestID: RequestID, messageID: MessageID, metadata: Metadata) {
        self.requestID = requestID
        self.messageID = messageID
        self.metadata = metadata
    }
}

/// `message.streaming.error`: the request ended by a failure, or its time was over; what was said is saved as an incomplete message.
package struct StreamingError: Hashable, Sendable {
    package var requestID: RequestID
    package var messageID: MessageID
    package var errorCode: ErrorCode
    package var message: String
    /// As it is saved with the message: `error` or `expired`; absent where nothing is known to be saved.
    package var finishReason: String?

    package init(
        requestID: RequestID, messageID: MessageID, errorCode: ErrorCode, message: String, finishReason: String? = nil
    ) {
        self.requestID = requestID
        self.messageID = messageID
        self.errorCode = errorCode
        self.message = message
        self.finishReason = finishReason
    }
}

/// `response.success`: the command named by `requestID` is done.
package struct CommandSuccess: Hashable, Sendable {
    /// The result of `message.stop`.
    package struct StopResult: Hashable, Sendable {
        package var stopped: Bool
        package var partialMessageID: MessageID
        package var outcome: StopOutcome

        package init(partialMessageID: MessageID, outcome: StopOutcome) {
            self.stopped = true
            self.partialMessageID = partialMessageID
            self.outcome = outcome
        }
    }

    package var requestID: RequestID
    package var result: StopResult

    package init(requestID: RequestID, result: StopResult) {
        self.requestID = requestID
        self.result = result
    }
}

/// `response.error`: the command was refused and changed nothing.
package struct CommandFailure: Hashable, Sendable {
    /// The id of the command, where the frame had one that could be read.
    package var requestID: String?
    package var errorCode: ErrorCode
    package var message: String
    /// `field` and `limit` of bad input; `bound`, `limit` and `retry_after_ms` of a refusal.
    package var details: [String: JSONValue]?

    package init(requestID: String?, errorCode: ErrorCode, message: String, details: [String: JSONValue]? = nil) {
        self.requestID = requestID
        self.errorCode = errorCode
        self.message = message
        self.details = details
    }
}

/// `response.success` to `auth`.
package struct AuthSuccess: Hashable, Sendable {
    package struct Result: Hashable, Sendable {
        package var authenticated: Bool
        /// When the token ends, and the connection with it.
        package var expiresAt: Timestamp?

        package init(expiresAt: Timestamp?) {
            self.authenticated = true
            self.expiresAt = expiresAt
        }
    }

    package var requestID: RequestID
    package var result: Result

    package init(requestID: RequestID, expiresAt: Timestamp?) {
        self.requestID = requestID
        self.result = Result(expiresAt: expiresAt)
    }
}

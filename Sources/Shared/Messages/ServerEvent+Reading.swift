extension ConnectionReady {
    init(_ payload: JSONObject) throws(JSONError) {
        capabilities = []
        for capability in try payload.required("capabilities").elements() {
            capabilities.append(try capability.string())
        }
        clientID = try payload.required("client_id").string()
        serverVersion = try payload.required("server_version").string()
        authRequired = try payload.optional("auth_required")?.bool()
        authTimeoutMilliseconds = try payload.optional("auth_timeout_ms").map { value throws(JSONError) in
            Int64(try value.integer())
        }
        authExpiresAt = try payload.optional("auth_expires_at")?.timestamp()
    }
}

extension ConnectionError {
    init(_ payload: JSONObject) throws(JSONError) {
        errorCode = try payload.required("error_code").errorCode()
        message = try payload.required("message").string()
    }
}

extension MessageQueued {
    init(_ payload: JSONObject) throws(JSONError) {
        let place = try payload.required("position")
        guard let position = UInt64(exactly: try place.integer()) else { throw place.wrong("a place") }
        self.init(
            requestID: try payload.required("request_id").requestID(),
            messageID: try payload.required("message_id").messageID(), position: position)
    }
}

extension StreamingStart {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        messageID = try payload.required("message_id").messageID()
        sessionID = try payload.required("session_id").sessionID()
        resumed = try payload.optional("resumed")?.bool()
    }
}

extension StreamingChunk {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        messageID = try payload.required("message_id").messageID()
        cursor = try payload.required("cursor").entryID()
        let chunk = try payload.required("chunk").object()
        self.chunk = Chunk(type: try chunk.required("type").string(), content: try chunk.required("content").string())
    }
}

extension StreamingRestart {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        messageID = try payload.required("message_id").messageID()
        cursor = try payload.required("cursor").entryID()
    }
}

extension StreamingComplete {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        messageID = try payload.required("message_id").messageID()
        let metadata = try payload.required("metadata").object()
        let usage = try metadata.required("usage").object()
        self.metadata = Metadata(
            isComplete: try metadata.required("is_complete").bool(),
            finishReason: try metadata.required("finish_reason").string(),
            usage: Usage(
                inputTokens: try usage.required("input_tokens").integer(),
                outputTokens: try usage.required("output_tokens").integer()),
            stop: try metadata.optional("stop").map { stop throws(JSONError) in try StopIntent(stop.object()) })
    }
}

extension StopIntent {
    fileprivate init(_ json: JSONObject) throws(JSONError) {
        let by = try json.required("by")
        guard let source = Source(rawValue: try by.string()) else { throw by.wrong("who asked for a stop") }
        self.init(
            mode: try json.required("mode").stopMode(), by: source, reason: try json.optional("reason")?.string(),
            requestedAt: try json.optional("requested_at")?.timestamp(),
            observedAt: try json.optional("observed_at")?.timestamp())
    }
}

extension StreamingError {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        messageID = try payload.required("message_id").messageID()
        errorCode = try payload.required("error_code").errorCode()
        message = try payload.required("message").string()
        finishReason = try payload.optional("finish_reason")?.string()
    }
}

extension CommandSuccess {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.required("request_id").requestID()
        let result = try payload.required("result").object()
        let word = try result.required("outcome")
        guard let outcome = StopOutcome(rawValue: try word.string()) else { throw word.wrong("an outcome of a stop") }
        self.result = StopResult(
            partialMessageID: try result.required("partial_message_id").messageID(), outcome: outcome)
        self.result.stopped = try result.required("stopped").bool()
    }
}

extension AuthSuccess {
    init(_ payload: JSONObject) throws(JSONError) {
        let result = try payload.required("result").object()
        self.init(
            requestID: try payload.required("request_id").requestID(),
            expiresAt: try result.optional("expires_at")?.timestamp())
        self.result.authenticated = try result.required("authenticated").bool()
    }
}

extension CommandFailure {
    init(_ payload: JSONObject) throws(JSONError) {
        requestID = try payload.optional("request_id")?.string()
        errorCode = try payload.required("error_code").errorCode()
        message = try payload.required("message").string()
        details = try payload.optional("details")?.members()
    }
}

extension JSONElement {
    fileprivate func errorCode() throws(JSONError) -> ErrorCode {
        guard let code = ErrorCode(rawValue: try string()) else { throw wrong("an error code of the protocol") }
        return code
    }
}

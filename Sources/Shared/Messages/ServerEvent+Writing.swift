/// Writes the members of payloads.
extension ServerEvent {
    func write(to json: inout JSONWriter) {
        switch self {
        case .connectionReady(let payload): payload.write(to: &json)
        case .connectionError(let payload):
            json.member("error_code", payload.errorCode.rawValue)
            json.member("message", payload.message)
        case .queued(let payload):
            json.about(payload.requestID, payload.messageID)
            json.name("position")
            json.integer(payload.position)
        case .streamingStart(let payload):
            json.about(payload.requestID, payload.messageID)
            json.member("session_id", payload.sessionID.text)
            json.member("resumed", payload.resumed)
        case .streamingChunk(let payload):
            json.about(payload.requestID, payload.messageID)
            json.member("cursor", payload.cursor)
            json.name("chunk")
            json.beginObject()
            json.member("type", payload.chunk.type)
            json.member("content", payload.chunk.content)
            json.endObject()
        case .streamingRestart(let payload):
            json.about(payload.requestID, payload.messageID)
            json.member("cursor", payload.cursor)
        case .streamingComplete(let payload):
            json.about(payload.requestID, payload.messageID)
            payload.metadata.write(to: &json)
        case .streamingError(let payload):
            json.about(payload.requestID, payload.messageID)
            json.member("error_code", payload.errorCode.rawValue)
            json.member("message", payload.message)
            json.member("finish_reason", payload.finishReason)
        case .success(let payload): payload.write(to: &json)
        case .authenticated(let payload): payload.write(to: &json)
        case .failure(let payload):
            json.member("request_id", payload.requestID)
            json.member("error_code", payload.errorCode.rawValue)
            json.member("message", payload.message)
            json.member("details", payload.details)
        }
    }
}

extension ConnectionReady {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("client_id", clientID)
        json.member("server_version", serverVersion)
        json.name("capabilities")
        json.beginArray()
        for capability in capabilities { json.string(capability) }
        json.endArray()
        json.member("auth_required", authRequired)
        json.member("auth_timeout_ms", authTimeoutMilliseconds.map { Int($0) })
        json.member("auth_expires_at", authExpiresAt)
    }
}

extension StreamingComplete.Metadata {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("metadata")
        json.beginObject()
        json.member("is_complete", isComplete)
        json.member("finish_reason", finishReason)
        json.name("usage")
        json.beginObject()
        json.member("input_tokens", usage.inputTokens)
        json.member("output_tokens", usage.outputTokens)
        json.member("total_tokens", usage.totalTokens)
        json.endObject()
        if let stop {
            json.name("stop")
            json.beginObject()
            json.member("by", stop.by.rawValue)
            json.member("mode", stop.mode.rawValue)
            json.member("reason", stop.reason)
            json.member("requested_at", stop.requestedAt)
            json.member("observed_at", stop.observedAt)
            json.endObject()
        }
        json.endObject()
    }
}

extension CommandSuccess {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("request_id", requestID.text)
        json.name("result")
        json.beginObject()
        json.member("stopped", result.stopped)
        json.member("partial_message_id", result.partialMessageID.text)
        json.member("outcome", result.outcome.rawValue)
        json.endObject()
    }
}

extension AuthSuccess {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("request_id", requestID.text)
        json.name("result")
        json.beginObject()
        json.member("authenticated", result.authenticated)
        json.member("expires_at", result.expiresAt)
        json.endObject()
    }
}

extension JSONWriter {
    /// What most events begin with.
    fileprivate mutating func about(_ request: RequestID, _ message: MessageID) {
        member("request_id", request.text)
        member("message_id", message.text)
    }
}

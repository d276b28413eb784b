extension SendCommand {
    /// Reads the payload of `message.send`.
    init(_ payload: JSONObject) throws(JSONError) {
        content = try payload.required("content").string()
        model = try payload.optional("model")?.string()
        parameters = try payload.optional("parameters")?.members()
        sessionID = try payload.optional("session_id")?.sessionID()
        parentMessageID = try payload.optional("parent_message_id")?.messageID()
        onDisconnect = try payload.optional("on_disconnect")?.disconnectPolicy()
        queueTimeout = try payload.optional("queue_timeout_ms")?.integer()
        timeout = try payload.optional("timeout_ms")?.integer()
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.member("session_id", sessionID?.text)
        json.member("content", content)
        json.member("parent_message_id", parentMessageID?.text)
        json.member("model", model)
        json.member("parameters", parameters)
        switch onDisconnect {
        case .stop: json.member("on_disconnect", "stop")
        case .continue: json.member("on_disconnect", "continue")
        case .grace(let seconds): json.member("on_disconnect", seconds)
        case nil: break
        }
        json.member("queue_timeout_ms", queueTimeout)
        json.member("timeout_ms", timeout)
    }
}

extension StopCommand {
    /// Reads the payload of `message.stop`.
    init(_ payload: JSONObject) throws(JSONError) {
        mode = try payload.optional("mode")?.stopMode()
        reason = try payload.optional("reason")?.string()
        requestID = try payload.optional("request_id")?.requestID()
        messageID = try payload.optional("message_id")?.messageID()
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.member("request_id", requestID?.text)
        json.member("message_id", messageID?.text)
        json.member("mode", mode?.rawValue)
        json.member("reason", reason)
    }
}

extension ResumeCommand {
    /// Reads the payload of `message.resume`.
    init(_ payload: JSONObject) throws(JSONError) {
        after = try payload.optional("after")?.entryID()
        requestID = try payload.required("request_id").requestID()
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.member("request_id", requestID.text)
        json.member("after", after)
    }
}

extension AuthCommand {
    /// Reads the payload of `auth`.
    init(_ payload: JSONObject) throws(JSONError) { token = try payload.required("token").string() }
}

extension ClientEvent.Command {
    /// Writes the members of the payload.
    func write(to json: inout JSONWriter) {
        switch self {
        case .send(let command): command.write(to: &json)
        case .stop(let command): command.write(to: &json)
        case .resume(let command): command.write(to: &json)
        case .authenticate(let command): json.member("token", command.token)
        }
    }
}

extension GenerationJob {
    init(_ json: JSONObject) throws(JSONError) {
        var turns: [Turn] = []
        for element in try json.required("history").elements() {
            let turn = try element.object()
            turns.append(
                Turn(role: try turn.required("role").string(), content: try turn.required("content").string()))
        }
        self.init(
            requestID: try json.required("request_id").requestID(),
            sessionID: try json.required("session_id").sessionID(), owner: try json.required("owner").string(),
            content: try json.required("content").string(), history: turns, model: try json.optional("model")?.string(),
            parameters: try json.required("parameters").members(), parent: try json.optional("parent")?.requestID(),
            disconnectGrace: try json.optional("on_disconnect")?.integer(), timeLimits: try Self.timeLimits(json),
            submittedAt: try json.required("submitted_at").timestamp())
    }

    private static func timeLimits(_ json: JSONObject) throws(JSONError) -> TimeLimits? {
        guard let limits = try json.optional("time_limits")?.object() else { return nil }
        return TimeLimits(
            queue: try limits.optional("queue_ms")?.integer(), total: try limits.optional("total_ms")?.integer())
    }

    /// Writes its members.
    func write(to json: inout JSONWriter) {
        json.member("request_id", requestID.text)
        json.member("session_id", sessionID.text)
        json.member("owner", owner)
        json.member("content", content)
        json.name("history")
        json.beginArray()
        for turn in history {
            json.beginObject()
            json.member("role", turn.role)
            json.member("content", turn.content)
            json.endObject()
        }
        json.endArray()
        json.member("model", model)
        json.member("parameters", parameters)
        json.member("parent", parent?.text)
        json.member("on_disconnect", disconnectGrace)
        if let timeLimits {
            json.name("time_limits")
            json.beginObject()
            json.member("queue_ms", timeLimits.queue)
            json.member("total_ms", timeLimits.total)
            json.endObject()
        }
        json.member("submitted_at", submittedAt)
    }
}

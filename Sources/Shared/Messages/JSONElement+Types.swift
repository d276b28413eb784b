/// What values stand for in messages.
extension JSONElement {
    func requestID() throws(JSONError) -> RequestID {
        guard let id = RequestID(try string()) else { throw wrong("a UUID") }
        return id
    }

    func messageID() throws(JSONError) -> MessageID {
        guard let id = MessageID(try string()) else { throw wrong("a UUID") }
        return id
    }

    func sessionID() throws(JSONError) -> SessionID {
        guard let id = SessionID(try string()) else { throw wrong("a UUID") }
        return id
    }

    func entryID() throws(JSONError) -> EntryID {
        guard let id = EntryID(try string()) else { throw wrong("a cursor of the form <attempt>-<index>") }
        return id
    }

    func timestamp() throws(JSONError) -> Timestamp {
        guard let moment = Timestamp(iso8601: try string()) else {
            throw wrong("ISO 8601 in UTC, such as 2026-01-31T23:59:59.123456Z")
        }
        return moment
    }

    func stopMode() throws(JSONError) -> StopIntent.Mode {
        guard let mode = StopIntent.Mode(rawValue: try string()) else { throw wrong("\"stop\" or \"kill\"") }
        return mode
    }

    /// `"stop"`, `"continue"`, or a number of seconds (0 is `"stop"`).
    func disconnectPolicy() throws(JSONError) -> DisconnectPolicy {
        if kind == .number, let seconds = try? integer() {
            guard (0...DisconnectPolicy.maximumGrace).contains(seconds) else {
                throw wrong("between 0 and \(DisconnectPolicy.maximumGrace) seconds")
            }
            return DisconnectPolicy(grace: seconds)
        }
        switch try? string() {
        case "stop": return .stop
        case "continue": return .continue
        default: throw wrong("\"stop\", \"continue\" or a number of seconds")
        }
    }
}

package import NIOCore

/// An event of a frontend, as a client received it.
package struct ReceivedServerEvent: Hashable, Sendable {
    package var id: String
    package var event: ServerEvent
    package var timestamp: Timestamp
}

/// Reads what a frontend says.
package struct ServerEventDecoder: Sendable {
    package init() {}

    /// Decodes one text frame. Nil for a type this version does not know, which a client passes over. Throws where the frame is not an
    /// event.
    package func decode(_ frame: ByteBuffer) throws(JSONError) -> ReceivedServerEvent? {
        try frame.withUnsafeReadableBytes { bytes throws(JSONError) in
            var reader = JSONReader(bytes)
            let envelope = try JSONObject(&reader)
            try reader.end()
            let id = try envelope.required("id").string()
            let timestamp = try envelope.required("timestamp").timestamp()
            guard let event = try event(envelope) else { return nil }
            return ReceivedServerEvent(id: id, event: event, timestamp: timestamp)
        }
    }

    private func event(_ envelope: JSONObject) throws(JSONError) -> ServerEvent? {
        func payload() throws(JSONError) -> JSONObject { try envelope.required("payload").object() }
        switch try envelope.required("type").string() {
        case "connection.ready": return .connectionReady(try ConnectionReady(payload()))
        case "connection.error": return .connectionError(try ConnectionError(payload()))
        case "message.queued": return .queued(try MessageQueued(payload()))
        case "message.streaming.start": return .streamingStart(try StreamingStart(payload()))
        case "message.streaming.chunk": return .streamingChunk(try StreamingChunk(payload()))
        case "message.streaming.restart": return .streamingRestart(try StreamingRestart(payload()))
        case "message.streaming.complete": return .streamingComplete(try StreamingComplete(payload()))
        case "message.streaming.error": return .streamingError(try StreamingError(payload()))
        case "response.success":
            // The result tells what the command was.
            let payload = try payload()
            do { return .success(try CommandSuccess(payload)) } catch {
                return .authenticated(try AuthSuccess(payload))
            }
        case "response.error": return .failure(try CommandFailure(payload()))
        default: return nil
        }
    }
}

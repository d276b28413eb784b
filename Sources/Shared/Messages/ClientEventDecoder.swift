package import NIOCore

/// Reads client events, and says of a bad one which field is wrong and what would be right.
package struct ClientEventDecoder: Sendable {
    /// Bounds on client events and their fields, in bytes of UTF-8.
    package struct Limits: Hashable, Sendable {
        package var contentBytes = 1 << 20
        package var modelBytes = 256
        package var tokenBytes = 8 * 1024
        package var parametersCount = 64
        /// Of `parameters` as JSON without white space.
        package var parametersBytes = 64 << 10
        /// Values of a whole event: members of objects and elements of arrays, at any depth.
        package var values = 4096
        /// Objects and arrays inside each other.
        package var depth = 32

        /// Of a whole event: the content, once more for what of it is escaped, and room for all else.
        package var frameBytes: Int { contentBytes * 2 + (256 << 10) }

        package init() {}
    }

    /// A refused event. It changed nothing, and the connection goes on.
    package struct Refusal: Error, Hashable, Sendable {
        /// The id of the event, where it could be read.
        package var id: String?
        package var message: String
        package var field: String?
        package var limit: Int?

        /// The answer to send.
        package var event: ServerEvent {
            var details: [String: JSONValue] = [:]
            if let field { details["field"] = .string(field) }
            if let limit { details["limit"] = .integer(Int64(limit)) }
            return .failure(
                CommandFailure(
                    requestID: id, errorCode: .invalidRequest, message: message,
                    details: details.isEmpty ? nil : details))
        }
    }

    package let limits: Limits

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Decodes one text frame. Costs about a microsecond for a common one, and milliseconds for the worst that the limits allow.
    package func decode(_ frame: ByteBuffer) throws(Refusal) -> ClientEvent {
        try frame.withUnsafeReadableBytes { bytes throws(Refusal) in
            let envelope = try envelope(bytes)
            let id = try id(of: envelope)
            let event: ClientEvent
            do throws(JSONError) {
                event = ClientEvent(id: id, command: try command(envelope))
            } catch {
                throw refusal(of: error, id: id.text)
            }
            try check(event)
            return event
        }
    }

    /// The outer object of a frame, all of which is JSON and within the limits.
    private func envelope(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> JSONObject {
        if let refusal = excess(of: bytes) { throw refusal }
        do throws(JSONError) {
            var reader = JSONReader(bytes, limits: .init(values: limits.values, depth: limits.depth))
            guard reader.next()?.kind == .object else {
                try reader.skipValue()
                try reader.end()
                throw JSONError(.wrong("a JSON object"))
            }
            let envelope = try JSONObject(&reader)
            try reader.end()
            return envelope
        } catch {
            switch error.problem {
            case .wrong: throw Refusal(message: "the frame must be a JSON object")
            case .malformed, .excessive, .unrepresentable, .missing: throw breach(in: bytes)
            }
        }
    }

    private func id(of envelope: JSONObject) throws(Refusal) -> RequestID {
        let text: String?
        do { text = try envelope.optional("id")?.string() } catch { throw refusal(of: error, id: nil) }
        guard let text else { throw Refusal(message: "id is required: a UUID", field: "id") }
        guard let id = RequestID(text) else {
            throw Refusal(id: text.utf8.count <= 64 ? text : nil, message: "id must be a UUID", field: "id")
        }
        return id
    }

    private func command(_ envelope: JSONObject) throws(JSONError) -> ClientEvent.Command {
        if let timestamp = envelope.optional("timestamp"), timestamp.kind != .string {
            throw timestamp.wrong("a string")
        }
        let type = try envelope.required("type")
        let read: (JSONObject) throws(JSONError) -> ClientEvent.Command
        switch try type.string() {
        case "message.send": read = { payload throws(JSONError) in .send(try SendCommand(payload)) }
        case "message.stop": read = { payload throws(JSONError) in .stop(try StopCommand(payload)) }
        case "message.resume": read = { payload throws(JSONError) in .resume(try ResumeCommand(payload)) }
        case "auth": read = { payload throws(JSONError) in .authenticate(try AuthCommand(payload)) }
        case let other:
            throw type.wrong(
                "message.send, message.stop, message.resume or auth, not \(other.prefix(64).debugDescription)")
        }
        let payload = try envelope.required("payload").object()
        do throws(JSONError) { return try read(payload) } catch { throw error.inside("payload") }
    }

    /// Bytes of a frame that is too long in which its id is looked for.
    private static let idBytes = 4096

    /// What is wrong with the size of a frame, or with its encoding, before anything of it is read.
    private func excess(of bytes: UnsafeRawBufferPointer) -> Refusal? {
        // JSON of two or four bytes for each character; no JSON in UTF-8 begins so.
        guard !bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xFE }) else {
            return Refusal(message: "the frame is not valid JSON")
        }
        guard bytes.count <= limits.frameBytes else {
            return Refusal(
                id: JSONOutline.id(in: bytes.assumingMemoryBound(to: UInt8.self), first: Self.idBytes),
                message:
                    "the frame is \(bytes.count) bytes long, too large for a command; the limit is \(limits.frameBytes)",
                limit: limits.frameBytes)
        }
        return nil
    }

    /// What is wrong with a frame that the reader did not take: the first bound that it breaks, else that it is not JSON.
    private func breach(in bytes: UnsafeRawBufferPointer) -> Refusal {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        guard let excess = JSONOutline.excess(of: bytes, over: .init(values: limits.values, depth: limits.depth)) else {
            return Refusal(
                id: JSONOutline.id(in: bytes, first: Self.idBytes).flatMap { RequestID($0)?.text },
                message: "the frame is not valid JSON")
        }
        let place = excess.field ?? "the frame"
        switch excess.measure {
        case .values:
            return Refusal(
                id: excess.id, message: "\(place) has too many values; the limit of a frame is \(limits.values)",
                field: excess.field, limit: limits.values)
        case .depth:
            return Refusal(
                id: excess.id, message: "\(place) is nested too deep; the limit is \(limits.depth)",
                field: excess.field, limit: limits.depth)
        }
    }

    private func refusal(of error: JSONError, id: String?) -> Refusal {
        let place = error.field ?? "the frame"
        switch error.problem {
        case .missing: return Refusal(id: id, message: "\(place) is required", field: error.field)
        case .wrong(let expected): return Refusal(id: id, message: "\(place) must be \(expected)", field: error.field)
        case .malformed, .excessive, .unrepresentable:
            return Refusal(id: id, message: "the frame is not valid JSON", field: error.field)
        }
    }

    private func check(_ event: ClientEvent) throws(Refusal) {
        func bound(_ text: String?, _ field: String, _ limit: Int) throws(Refusal) {
            guard let text, text.utf8.count > limit else { return }
            throw Refusal(
                id: event.id.text, message: "\(field) is \(text.utf8.count) bytes long; the limit is \(limit)",
                field: field, limit: limit)
        }
        switch event.command {
        case .send(let send):
            try bound(send.content, "payload.content", limits.contentBytes)
            try bound(send.model, "payload.model", limits.modelBytes)
            for (time, field) in [
                (send.queueTimeout, "payload.queue_timeout_ms"), (send.timeout, "payload.timeout_ms"),
            ] {
                guard let time, !TimeLimits.range.contains(time) else { continue }
                throw Refusal(
                    id: event.id.text,
                    message:
                        "\(field) must be between \(TimeLimits.range.lowerBound) and \(TimeLimits.range.upperBound)",
                    field: field, limit: TimeLimits.range.upperBound)
            }
            if let count = send.parameters?.count, count > limits.parametersCount {
                throw Refusal(
                    id: event.id.text,
                    message: "payload.parameters has \(count) entries; the limit is \(limits.parametersCount)",
                    field: "payload.parameters", limit: limits.parametersCount)
            }
            if let bytes = send.parameters.map({ JSONValue.object($0).encodedBytes }), bytes > limits.parametersBytes {
                throw Refusal(
                    id: event.id.text,
                    message: "payload.parameters is \(bytes) bytes long; the limit is \(limits.parametersBytes)",
                    field: "payload.parameters", limit: limits.parametersBytes)
            }
        case .stop(let stop):
            try bound(stop.reason, "payload.reason", StopIntent.maximumReasonBytes)
            guard (stop.requestID == nil) != (stop.messageID == nil) else {
                throw Refusal(
                    id: event.id.text, message: "payload must have exactly one of request_id and message_id",
                    field: "payload")
            }
        case .resume:
            break
        case .authenticate(let auth):
            try bound(auth.token, "payload.token", limits.tokenBytes)
        }
    }
}

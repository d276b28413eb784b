package import NIOCore
private import NIOFoundationCompat

#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

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

    /// Decodes one text frame. Costs about 5 µs for a common one, and milliseconds for the worst that the limits allow; not for
    /// the token path.
    package func decode(_ frame: ByteBuffer) throws(Refusal) -> ClientEvent {
        if let refusal = excess(of: frame) { throw refusal }
        let envelope: Envelope
        do {
            envelope = try JSONDecoder().decode(Envelope.self, from: frame)
        } catch {
            throw Self.refusal(of: error, id: nil)
        }
        guard let idText = envelope.id else {
            throw Refusal(message: "id is required: a UUID", field: "id")
        }
        guard let id = RequestID(idText) else {
            throw Refusal(id: idText.utf8.count <= 64 ? idText : nil, message: "id must be a UUID", field: "id")
        }
        do {
            let event = ClientEvent(id: id, command: try envelope.command.get())
            try check(event)
            return event
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Self.refusal(of: error, id: idText)
        }
    }

    /// Bytes of a frame that is too long in which its id is looked for.
    private static let idBytes = 4096

    /// What is wrong with the size of a frame, or with its encoding, before anything of it is decoded.
    private func excess(of frame: ByteBuffer) -> Refusal? {
        frame.withUnsafeReadableBytes { bytes in
            let bytes = bytes.assumingMemoryBound(to: UInt8.self)
            // JSON of two or four bytes for each character is UTF-8, too, and the JSON decoder would take it for what it is; its quotes
            // are not where the outline sees them. No JSON in UTF-8 begins so.
            guard !bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xFE }) else {
                return Refusal(message: "the frame is not valid JSON")
            }
            guard bytes.count <= limits.frameBytes else {
                return Refusal(
                    id: JSONOutline.id(in: bytes, first: Self.idBytes),
                    message:
                        "the frame is \(bytes.count) bytes long, too large for a command; the limit is \(limits.frameBytes)",
                    limit: limits.frameBytes)
            }
            return JSONOutline.excess(of: bytes, over: .init(values: limits.values, depth: limits.depth)).map {
                excess in
                let place = excess.field ?? "the frame"
                switch excess.measure {
                case .values:
                    return Refusal(
                        id: excess.id,
                        message: "\(place) has too many values; the limit of a frame is \(limits.values)",
                        field: excess.field, limit: limits.values)
                case .depth:
                    return Refusal(
                        id: excess.id, message: "\(place) is nested too deep; the limit is \(limits.depth)",
                        field: excess.field, limit: limits.depth)
                }
            }
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

    private static func refusal(of error: any Error, id: String?) -> Refusal {
        guard let error = error as? DecodingError else {
            return Refusal(id: id, message: "the frame is not valid JSON")
        }
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            (context.codingPath + (key.map { [$0] } ?? [])).map { $0.intValue.map(String.init) ?? $0.stringValue }
                .joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            let field = path(context, key)
            return Refusal(id: id, message: "\(field) is required", field: field)
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let field = path(context)
            guard !field.isEmpty else { return Refusal(id: id, message: "the frame must be a JSON object") }
            return Refusal(id: id, message: "\(field) must be \(name(of: type))", field: field)
        case .dataCorrupted(let context):
            let field = path(context)
            guard !field.isEmpty else { return Refusal(id: id, message: "the frame is not valid JSON") }
            return Refusal(id: id, message: "\(field) \(context.debugDescription)", field: field)
        @unknown default:
            return Refusal(id: id, message: "the frame could not be read")
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type, is Int64.Type: "a whole number"
        case is Bool.Type: "true or false"
        default: "an object"
        }
    }
}

/// The outer object. A payload that cannot be read does not hide the id, which the refusal must name.
private struct Envelope: Decodable {
    var id: String?
    var command: Result<ClientEvent.Command, any Error>

    enum CodingKeys: String, CodingKey {
        case id, type, payload, timestamp
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decodeIfPresent(String.self, forKey: .id)
        command = Result {
            _ = try values.decodeIfPresent(String.self, forKey: .timestamp)
            switch try values.decode(String.self, forKey: .type) {
            case "message.send": return .send(try values.decode(SendCommand.self, forKey: .payload))
            case "message.stop": return .stop(try values.decode(StopCommand.self, forKey: .payload))
            case "message.resume": return .resume(try values.decode(ResumeCommand.self, forKey: .payload))
            case "auth": return .authenticate(try values.decode(AuthCommand.self, forKey: .payload))
            case let type:
                throw DecodingError.dataCorruptedError(
                    forKey: .type, in: values,
                    debugDescription:
                        "must be message.send, message.stop, message.resume or auth, not \(type.prefix(64).debugDescription)"
                )
            }
        }
    }
}

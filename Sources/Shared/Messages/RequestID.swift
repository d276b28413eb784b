/// Names one generation: the `id` of the client's `message.send`, and the `<id>` of `stop:<id>` and of every per-request key.
///
/// It is kept byte for byte as the client wrote it, because operators type what they were shown.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// The text exactly as its maker wrote it.
    package let text: String

    /// Accepts the 36-character text form of a UUID (RFC 9562, section 4), in either case, and keeps it as written.
    package init?(_ text: String) {
        guard UUIDText.isValid(text) else { return nil }
        self.text = text
    }

    private init(trusted text: String) { self.text = text }

    /// A new random identifier (UUID version 4).
    package static func random() -> Self { Self(trusted: UUIDText.random()) }

    package var description: String { text }

    /// The id of the assistant's message that this request writes: the same text. One id for both keeps the message in
    /// the hash slot of its request, so that one script can end both (see docs/decisions/0002).
    package var message: MessageID { MessageID(of: self) }
}

extension RequestID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be a UUID")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

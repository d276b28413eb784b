/// Names a saved message. An assistant's message has the id of the request that generates it.
package struct MessageID: Hashable, Sendable, CustomStringConvertible {
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

    /// The message that `request` writes.
    package init(of request: RequestID) { self.init(trusted: request.text) }

    /// The request that would write this message, if it is an assistant's.
    package var request: RequestID? { RequestID(text) }
}

extension MessageID: Codable {
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

/// Where clients put their token.
enum BearerToken {
    /// Bytes of the longest token.
    static let maximumBytes = 8 * 1024

    /// What begins the element of `Sec-WebSocket-Protocol` that carries a token, for browsers, which can set no other header.
    static let subprotocolPrefix = "bearer."

    /// The token of an `Authorization` header (RFC 6750); nil where it is of another scheme.
    static func authorization(_ header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// The token among the subprotocols that a client offers.
    static func subprotocol(_ offered: [String]) -> String? {
        offered.first { $0.hasPrefix(subprotocolPrefix) }.map { String($0.dropFirst(subprotocolPrefix.count)) }
    }
}

/// Why a WebSocket is closed. Those below 4000 are RFC 6455's (section 7.4.1), the others Penstock's own.
package struct CloseCode: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The purpose is fulfilled. Reconnect: no.
    static let normal = CloseCode(rawValue: 1000)
    /// This frontend drains. Reconnect: at once, elsewhere, and resume at the cursor.
    static let goingAway = CloseCode(rawValue: 1001)
    /// The client broke the WebSocket protocol. Reconnect: no, it would break it again.
    static let protocolError = CloseCode(rawValue: 1002)
    /// A text message was not UTF-8. Reconnect: no.
    static let invalidText = CloseCode(rawValue: 1007)
    /// Not allowed. Reconnect: no.
    static let policy = CloseCode(rawValue: 1008)
    /// A frame or message was longer than the limit. Reconnect: yes, and send less.
    static let tooBig = CloseCode(rawValue: 1009)
    /// The frontend failed. Reconnect: yes, after a while.
    static let internalError = CloseCode(rawValue: 1011)
    /// The frontend has too much to do. Reconnect: yes, after a while.
    static let tryAgainLater = CloseCode(rawValue: 1013)
    /// The client did not say who it is in time, its token is not accepted, or it has ended. Reconnect: with another token.
    static let unauthorized = CloseCode(rawValue: 4401)
    /// The client took nothing of what waits for it for the configured time. Reconnect: yes, and resume at the cursor.
    static let slowClient = CloseCode(rawValue: 4008)
    /// The client did not answer a ping. Reconnect: yes, and resume at the cursor.
    static let pingTimeout = CloseCode(rawValue: 4009)

    /// Whether a peer may send it (RFC 6455, section 7.4, and the registry of the IANA).
    var isValidOnTheWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

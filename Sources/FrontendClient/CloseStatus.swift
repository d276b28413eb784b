/// How a connection to a frontend ended.
package struct CloseStatus: Hashable, Sendable, CustomStringConvertible {
    /// The code of the close frame (RFC 6455, section 7.4); 1005 where it had none, 1006 where there was no close frame.
    package var code: UInt16
    package var reason: String

    package init(code: UInt16, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// A close frame without a code.
    package static let empty = CloseStatus(code: 1005)
    /// The connection broke.
    package static func lost(_ reason: String) -> CloseStatus { CloseStatus(code: 1006, reason: reason) }

    /// Whether connecting again can help. Not after a regular end (1000), nor where this client is at fault (1002, 1003, 1007
    /// to 1010): it would say the same again, also what was too long; nor where its token is not accepted (4401).
    package var allowsReconnect: Bool {
        switch code {
        case 1000, 1002, 1003, 1007...1010, 4401: false
        default: true
        }
    }

    package var description: String { reason.isEmpty ? "close code \(code)" : "close code \(code): \(reason)" }
}

/// Why a broker did not do what it was asked.
package struct BrokerError: Error, Sendable, CustomStringConvertible {
    /// Safe as a metric label.
    package enum Code: String, Hashable, Sendable {
        /// Redis could not be reached, or did not answer in time. Whether the call was carried out is open.
        case unavailable
        /// There is no such request, or it belongs to somebody else.
        case notFound = "not_found"
        /// A bound was reached; nothing was done.
        case overloaded
        /// Redis holds something that Penstock did not write, or refused a command.
        case refused
    }

    package var code: Code
    package var message: String
    package var underlying: (any Error)?

    package init(code: Code, message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    package var description: String {
        underlying.map { "\(code.rawValue): \(message) (\($0))" } ?? "\(code.rawValue): \(message)"
    }
}

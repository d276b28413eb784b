private import NIOCore
private import NIOPosix

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Why a frontend could not be reached, or was left.
package struct FrontendError: Error, Sendable, CustomStringConvertible {
    /// Safe as a metric label.
    package enum Code: String, Hashable, Sendable {
        /// No connection, or none in time.
        case unreachable
        /// The frontend answered the upgrade with another status than 101.
        case refused
        /// The connection is closed.
        case closed
        /// The frontend sent what is not of the protocol.
        case protocolViolation = "protocol_violation"
        /// The settings of the client are wrong.
        case invalidConfiguration = "invalid_configuration"
    }

    package var code: Code
    package var message: String
    /// The HTTP status, for `refused`.
    package var status: Int?
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, status: Int? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.underlying = underlying
    }

    /// Whether trying again can help.
    package var allowsRetry: Bool {
        switch code {
        case .unreachable, .closed: true
        case .refused: status.map { $0 >= 500 || $0 == 429 } ?? false
        case .protocolViolation, .invalidConfiguration: false
        }
    }

    package var description: String {
        switch underlying {
        case nil: message
        case let error as NIOConnectionError: "\(message): \(Self.reason(of: error))"
        case let error?: "\(message) (\(error))"
        }
    }

    /// What the system says of the first address that was tried.
    private static func reason(of error: NIOConnectionError) -> String {
        switch error.connectionErrors.first?.error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error?: "\(error)"
        case nil: "its name cannot be resolved"
        }
    }
}

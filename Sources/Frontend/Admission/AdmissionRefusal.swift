import NIOCore
import Shared

/// Why a command was not taken in though nothing is wrong with it: a bound is reached. It changed nothing, and may be sent again, with
/// the same id.
struct AdmissionRefusal: Hashable, Sendable {
    /// The bounds there are. Safe as a metric label.
    enum Bound: String, Hashable, Sendable, CaseIterable {
        /// Commands of one connection that wait for their answers.
        case connectionCommands = "connection_commands"
        /// Requests that stream on one connection.
        case connectionStreams = "connection_streams"
        /// Requests that this frontend watches.
        case frontendRequests = "frontend_requests"
        /// Jobs that wait in the queue.
        case queueLength = "queue_length"
    }

    var bound: Bound
    /// Its value.
    var limit: Int
    /// When to try again.
    var retryAfter: TimeAmount

    init(_ bound: Bound, limit: Int, retryAfter: TimeAmount = .seconds(1)) {
        self.bound = bound
        self.limit = limit
        self.retryAfter = retryAfter
    }

    /// For people.
    var message: String {
        switch bound {
        case .connectionCommands: "as many commands of this connection wait for their answers as may: \(limit)"
        case .connectionStreams: "as many requests stream on this connection as may: \(limit)"
        case .frontendRequests: "as many requests run at this frontend as may: \(limit)"
        case .queueLength: "the queue is full: as many requests wait as may: \(limit)"
        }
    }

    /// The answer to the command.
    func failure(of command: RequestID) -> CommandFailure {
        CommandFailure(
            requestID: command.text, errorCode: .rateLimitExceeded, message: message,
            details: [
                "bound": .string(bound.rawValue), "limit": .integer(Int64(limit)),
                "retry_after_ms": .integer(retryAfter.nanoseconds / 1_000_000),
            ])
    }
}

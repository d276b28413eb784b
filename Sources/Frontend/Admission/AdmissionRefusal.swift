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
        /// Requests of one connection in a time.
        case connectionRate = "connection_rate"
        /// Requests of one owner in a time.
        case ownerRate = "owner_rate"
        /// Requests of one owner that have not ended.
        case ownerRequests = "owner_requests"
        /// Requests that this frontend watches.
        case frontendRequests = "frontend_requests"
        /// Jobs that wait in the queue.
        case queueLength = "queue_length"
    }

    var bound: Bound
    /// Its value, of a rate the number.
    var limit: Int
    var rate: RateSetting?
    /// When to try again.
    var retryAfter: TimeAmount

    init(_ bound: Bound, limit: Int, retryAfter: TimeAmount = .seconds(1)) {
        self.bound = bound
        self.limit = limit
        self.retryAfter = retryAfter
    }

    /// One of the rates. The hint is rounded up, so that it holds.
    init(_ bound: Bound, rate: RateSetting, retryAfter: TimeAmount) {
        self.bound = bound
        self.limit = rate.count
        self.rate = rate
        self.retryAfter = .milliseconds((retryAfter.nanoseconds + 999_999) / 1_000_000)
    }

    /// For people.
    var message: String {
        switch bound {
        case .connectionCommands: "as many commands of this connection wait for their answers as may: \(limit)"
        case .connectionStreams: "as many requests stream on this connection as may: \(limit)"
        case .connectionRate: "this connection sends faster than it may: \(rate?.description ?? "")"
        case .ownerRate: "you send faster than you may: \(rate?.description ?? "")"
        case .ownerRequests: "you have as many open requests as you may: \(limit)"
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

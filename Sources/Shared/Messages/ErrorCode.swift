/// The error codes of the chat-engine WebSocket protocol 2.0. Safe as a metric label.
package enum ErrorCode: String, Hashable, Sendable, Codable, CaseIterable {
    case authRequired = "AUTH_REQUIRED"
    case sessionNotFound = "SESSION_NOT_FOUND"
    case messageNotFound = "MESSAGE_NOT_FOUND"
    case invalidRequest = "INVALID_REQUEST"
    case backendTimeout = "BACKEND_TIMEOUT"
    case backendError = "BACKEND_ERROR"
    case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
    case internalError = "INTERNAL_ERROR"
}

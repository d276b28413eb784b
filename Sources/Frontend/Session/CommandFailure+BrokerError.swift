import Shared

extension CommandFailure {
    /// What a client is told of a call that failed.
    init(of error: any Error, command: RequestID) {
        guard let error = error as? BrokerError else {
            self.init(requestID: command.text, errorCode: .internalError, message: "the command failed")
            return
        }
        switch error.code {
        case .notFound:
            self.init(requestID: command.text, errorCode: .messageNotFound, message: "there is no such message")
        case .unavailable:
            self.init(
                requestID: command.text, errorCode: .internalError, message: "not possible now, try again",
                details: ["retry_after_ms": .integer(1000)])
        case .overloaded:
            self.init(
                requestID: command.text, errorCode: .rateLimitExceeded, message: "too much is going on, try again",
                details: ["retry_after_ms": .integer(1000)])
        case .refused:
            self.init(requestID: command.text, errorCode: .internalError, message: "the command failed")
        }
    }
}

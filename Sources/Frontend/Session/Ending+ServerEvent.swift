import Shared

extension Ending {
    /// What the clients of `request` are told.
    func event(of request: RequestID) -> ServerEvent {
        switch state {
        case .completed, .cancelled:
            return .streamingComplete(
                StreamingComplete(
                    requestID: request, messageID: request.message,
                    metadata: .init(isComplete: isComplete, finishReason: finishReason, usage: usage, stop: stop)))
        case .failed, .expired:
            return .streamingError(
                StreamingError(
                    requestID: request, messageID: request.message,
                    errorCode: error?.code ?? (state == .expired ? .backendTimeout : .backendError),
                    message: error?.message ?? "the generation \(state.rawValue)", finishReason: finishReason))
        }
    }
}

extension MessageRecord {
    /// The ending as the saved message tells it, where the log is gone. Nil where it has none.
    var ending: Ending? {
        guard let finishReason else { return nil }
        let state: Ending.State =
            switch finishReason {
            case "cancelled": .cancelled
            case "error": .failed
            case "expired": .expired
            default: error == nil ? .completed : .failed
            }
        return Ending(
            state: state, finishReason: finishReason, usage: usage ?? Usage(), stop: stop, error: error,
            endedAt: completedAt)
    }
}

import NIOCore
import Shared

/// `message.stop`.
extension ClientSession {
    func stop(_ id: RequestID, _ command: StopCommand) {
        guard let request = command.requestID ?? command.messageID?.request else {
            return answered(
                .failure(
                    CommandFailure(requestID: id.text, errorCode: .messageNotFound, message: "there is no such message")
                ))
        }
        let stop = ClientSessionStateMachine.Stop(
            command: id,
            intent: StopIntent(mode: command.mode ?? .stop, by: identity.stopSource, reason: command.reason))
        settling.arrived(request, now: now)
        switch machine.stopReceived(request, stop) {
        case .record: record(stop, of: request)
        case .wait: break
        }
    }

    /// Records the stop, and acknowledges it when it is durable and the client has all that was said before it.
    func record(_ stop: ClientSessionStateMachine.Stop, of request: RequestID) {
        loop.stops.stop(
            request, intent: stop.intent, owner: identity.scope, answerWithin: loop.configuration.commandDeadline
        ).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let receipt):
                let receipt = ClientSessionStateMachine.Receipt(stop: stop, receipt: receipt)
                let action = machine.stopRecorded(request, receipt)
                noteSettled(
                    settling.recorded(request, receipt.receipt.outcome, streams: action != .acknowledge))
                switch action {
                case .flush:
                    if let stream = streams[request] {
                        flush(stream, receipt)
                    } else {
                        acknowledge(receipt, request)
                    }
                case .acknowledge: acknowledge(receipt, request)
                // Its start may wait to be counted among the viewers: what is stopped needs none.
                case .wait: if let stream = streams[request] { began(stream) }
                }
            case .failure(let error as BrokerError) where error.code == .notFound:
                switch machine.stopNotFound(request, stop) {
                case .wait: break
                case .refuse:
                    settling.forget(request)
                    answered(.failure(CommandFailure(of: error, command: stop.command)))
                }
            case .failure(let error as BrokerError) where error.code == .unavailable:
                settling.forget(request)
                answered(.failure(Self.notRecorded(stop.command)))
            case .failure(let error):
                settling.forget(request)
                answered(.failure(CommandFailure(of: error, command: stop.command)))
            }
        }
    }

    /// Nanoseconds of the clock that stops are timed by.
    var now: Int64 { Int64(bitPattern: loop.eventLoop.now.uptimeNanoseconds) }

    func noteSettled(_ stop: SettlingStops.Settled?) {
        if let stop { loop.metrics.stops.settled(stop.outcome, after: .nanoseconds(stop.time)) }
    }

    /// Should it be recorded later, the stream ends as any that is stopped.
    private static func notRecorded(_ command: RequestID) -> CommandFailure {
        CommandFailure(
            requestID: command.text, errorCode: .internalError,
            message: "the stop is not recorded, for Redis takes nothing now; it is still tried",
            details: ["recorded": .bool(false), "retry_after_ms": .integer(1000)])
    }
}

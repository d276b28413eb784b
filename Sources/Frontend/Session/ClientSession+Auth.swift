import Logging
import NIOCore
import Shared

/// Who speaks: the token of the request, or `auth`.
extension ClientSession {
    /// The longest a timer is set for: clocks are set, and tokens last for years.
    private static let longestWait = TimeAmount.hours(1)

    /// Who speaks. Only for what is done for a command that was admitted.
    var identity: Identity {
        guard let identity = speaker.identity else {
            preconditionFailure("a command is carried out for nobody")
        }
        return identity
    }

    /// The first words of the connection.
    func welcome(_ connection: any WebSocketConnection) {
        var ready = ConnectionReady(
            clientID: UUIDText.random(), serverVersion: FrontendConfiguration.version,
            capabilities: FrontendConfiguration.capabilities)
        switch speaker.opened() {
        case .welcome(let end):
            ready.authExpiresAt = end
            tell(.connectionReady(ready))
            if let end { wait(until: end) }
        case .ask:
            let limit = loop.configuration.authenticationTimeout
            connection.limitMessages(to: loop.configuration.maximumUnauthenticatedBytes)
            ready.authRequired = true
            ready.authTimeoutMilliseconds = limit.nanoseconds / 1_000_000
            tell(.connectionReady(ready))
            setTimer(limit)
        case .refuse(let failure):
            part(failure)
        }
    }

    /// Whether the command may be carried out; otherwise it is answered.
    func admits(_ event: ClientEvent) -> Bool {
        if case .authenticate = event.command { return true }
        switch speaker.commandReceived(now: loop.authenticator.now) {
        case .carryOut:
            return true
        case .refuse(let failure):
            refuse(event.id, failure)
        case .close(let failure):
            refuse(event.id, failure)
            part(failure)
        }
        return false
    }

    /// `auth`.
    func authenticate(_ id: RequestID, _ command: AuthCommand) {
        let result: Result<Identity, AuthenticationFailure>
        do throws(AuthenticationFailure) {
            result = .success(try loop.authenticator.authenticate(command.token))
        } catch {
            result = .failure(error)
        }
        switch speaker.tokenReceived(result) {
        case .accept(let identity):
            connection?.limitMessages(to: nil)
            answered(.authenticated(AuthSuccess(requestID: id, expiresAt: identity.expiresAt)))
            authenticationTimer?.cancel()
            if let end = identity.expiresAt { wait(until: end) }
        case .refuse(let failure):
            loop.metrics.authenticationFailed(failure)
            answered(Self.refusal(id, failure))
        case .refuseOther:
            answered(
                .failure(
                    CommandFailure(
                        requestID: id.text, errorCode: .invalidRequest,
                        message: "the token is somebody else's: a connection has one owner",
                        details: ["field": .string("payload.token")])))
        case .close(let failure):
            answered(Self.refusal(id, failure))
            part(failure)
        case .ignore:
            answeredAlready()
        }
    }

    private static func refusal(_ id: RequestID, _ failure: AuthenticationFailure) -> ServerEvent {
        .failure(CommandFailure(requestID: id.text, errorCode: .authRequired, message: failure.message))
    }

    private func refuse(_ id: RequestID, _ failure: AuthenticationFailure) {
        loop.metrics.commandFailed(.authRequired)
        tell(Self.refusal(id, failure))
    }

    /// Ends the connection. Its requests go on as after any other end, and can be resumed with another token.
    private func part(_ failure: AuthenticationFailure) {
        authenticationTimer?.cancel()
        loop.metrics.authenticationFailed(failure)
        logger.debug("a client is not let in", [.reason: "\(failure.rawValue)"])
        tell(.connectionError(ConnectionError(errorCode: .authRequired, message: failure.message)))
        connection?.close(.unauthorized, reason: failure.message)
    }

    private func wait(until end: Timestamp) {
        let rest = max(end.microseconds - loop.authenticator.now.microseconds, 0)
        setTimer(min(.microseconds(rest), Self.longestWait))
    }

    private func setTimer(_ amount: TimeAmount) {
        authenticationTimer = loop.eventLoop.assumeIsolated().scheduleTask(in: amount) { [weak self] in
            guard let self else { return }
            switch self.speaker.timerFired(now: self.loop.authenticator.now) {
            case .none: break
            case .wait(let end): self.wait(until: end)
            case .close(let failure): self.part(failure)
            }
        }
    }
}

import Shared

/// Keeps who speaks on one connection: not known yet, known until its token ends, or nobody any more.
struct SpeakerStateMachine {
    enum OpenAction: Hashable {
        /// Welcome it. Its token ends then, and the connection with it.
        case welcome(until: Timestamp?)
        /// Welcome it, and wait for its token.
        case ask
        /// Say so, and close.
        case refuse(AuthenticationFailure)
    }

    enum CommandAction: Hashable {
        case carryOut
        /// The connection goes on: it may say yet who it is.
        case refuse(AuthenticationFailure)
        /// Refuse it, and close.
        case close(AuthenticationFailure)
    }

    enum TokenAction: Hashable {
        /// It is the speaker from now on.
        case accept(Identity)
        /// Nothing changes: the speaker is known by an earlier token.
        case refuse(AuthenticationFailure)
        /// Nothing changes: a connection has one owner.
        case refuseOther
        /// Refuse it, and close.
        case close(AuthenticationFailure)
        /// The connection is being closed already.
        case ignore
    }

    enum TimerAction: Hashable {
        case none
        /// Not yet: ask again then.
        case wait(until: Timestamp)
        case close(AuthenticationFailure)
    }

    private enum State {
        case awaited
        case known(Identity)
        /// What was begun for it before is carried to its end.
        case over(Identity?, AuthenticationFailure)
    }

    private var state: State

    init(_ speaker: WebSocketAdmission.Speaker) {
        switch speaker {
        case .known(let identity): state = .known(identity)
        case .awaited: state = .awaited
        case .refused(let failure): state = .over(nil, failure)
        }
    }

    /// The speaker, where one is or was known.
    var identity: Identity? {
        switch state {
        case .awaited: nil
        case .known(let identity): identity
        case .over(let identity, _): identity
        }
    }

    func opened() -> OpenAction {
        switch state {
        case .awaited: .ask
        case .known(let identity): .welcome(until: identity.expiresAt)
        case .over(_, let failure): .refuse(failure)
        }
    }

    mutating func commandReceived(now: Timestamp) -> CommandAction {
        switch state {
        case .awaited:
            return .refuse(.missing)
        case .known(let identity):
            guard let end = identity.expiresAt, now >= end else { return .carryOut }
            state = .over(identity, .expired)
            return .close(.expired)
        case .over(_, let failure):
            return .refuse(failure)
        }
    }

    mutating func tokenReceived(_ result: Result<Identity, AuthenticationFailure>) -> TokenAction {
        switch (state, result) {
        case (.awaited, .success(let identity)):
            state = .known(identity)
            return .accept(identity)
        case (.awaited, .failure(let failure)):
            state = .over(nil, failure)
            return .close(failure)
        case (.known(let old), .success(let identity)):
            guard old.owner == identity.owner else { return .refuseOther }
            state = .known(identity)
            return .accept(identity)
        case (.known, .failure(let failure)):
            return .refuse(failure)
        case (.over, _):
            return .ignore
        }
    }

    /// The time to say who one is, or that of the token, may be over.
    mutating func timerFired(now: Timestamp) -> TimerAction {
        switch state {
        case .awaited:
            state = .over(nil, .missing)
            return .close(.missing)
        case .known(let identity):
            guard let end = identity.expiresAt else { return .none }
            guard now >= end else { return .wait(until: end) }
            state = .over(identity, .expired)
            return .close(.expired)
        case .over:
            return .none
        }
    }
}

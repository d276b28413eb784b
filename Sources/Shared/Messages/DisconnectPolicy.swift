/// What becomes of a request whose last viewer has left.
package enum DisconnectPolicy: Hashable, Sendable {
    /// It is stopped at once.
    case stop
    /// It goes on for so many seconds, and is then stopped unless someone watches again.
    case grace(seconds: Int)
    /// It runs to its end.
    case `continue`

    /// The policy of a request that nobody may watch for `grace` seconds; nil: for ever.
    package init(grace: Int?) {
        self =
            switch grace {
            case nil: .continue
            case 0?: .stop
            case let seconds?: .grace(seconds: seconds)
            }
    }

    /// For how many seconds nobody may watch; nil where it does not matter.
    package var grace: Int? {
        switch self {
        case .stop: 0
        case .grace(let seconds): seconds
        case .continue: nil
        }
    }

    /// The longest grace, in seconds: a day.
    package static let maximumGrace = 86_400
}

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

extension DisconnectPolicy: Codable {
    /// `"stop"`, `"continue"`, or a number of seconds (0 is `"stop"`).
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Int.self) {
            guard (0...Self.maximumGrace).contains(seconds) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "must be between 0 and \(Self.maximumGrace) seconds")
            }
            self = seconds == 0 ? .stop : .grace(seconds: seconds)
            return
        }
        switch try? container.decode(String.self) {
        case "stop": self = .stop
        case "continue": self = .continue
        default:
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be \"stop\", \"continue\" or a number of seconds")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .stop: try container.encode("stop")
        case .grace(let seconds): try container.encode(seconds)
        case .continue: try container.encode("continue")
        }
    }
}

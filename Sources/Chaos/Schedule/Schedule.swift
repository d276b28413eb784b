import Shared
import TestSupport

/// What is done in one round, and when.
struct Schedule: Sendable {
    /// When a step is due: after a time, or when something has come to pass. Steps are done in their order.
    enum Moment: Hashable, Sendable {
        /// Milliseconds since the round began.
        case at(Int)
        /// Milliseconds since the step before.
        case later(Int)
        /// Clients have seen so many tokens of a request.
        case tokens(request: Int, Int)
        /// Clients have seen so many tokens of a second or later attempt at a request.
        case tokensAfterTakeover(request: Int, Int)
        /// The log of a request has so many more entries than clients have seen tokens.
        case behind(request: Int, Int)
        /// A client was told of the start of a request.
        case started(request: Int)
        /// The stop of a request was acknowledged.
        case acknowledged(request: Int)
    }

    struct Step: Hashable, Sendable {
        var moment: Moment
        var action: Action
    }

    var name: String
    var seed: UInt64
    var steps: [Step]
    var frontends = 2
    var workers = 2
    var clients: Int
    /// Of the workers.
    var slots = 32
    /// Milliseconds.
    var lease = 2000
    /// `always` or `everysec`.
    var appendFsync = "everysec"
    /// How long all may take to come to rest when it is healed, in seconds.
    var rest = Schedule.patience
    static let patience = 45

    /// The id of request number `number`: the same for the same seed.
    func request(_ number: Int) -> RequestID {
        var random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
        let digits = Array("0123456789abcdef")
        var text = ""
        for place in 0..<36 {
            switch place {
            case 8, 13, 18, 23: text.append("-")
            case 14: text.append("4")
            case 19: text.append("a")
            default: text.append(digits[Int(random.next() >> 60)])
            }
        }
        guard let id = RequestID(text) else { preconditionFailure("not a UUID: \(text)") }
        return id
    }

    /// The steps as text, for people.
    var lines: [String] {
        steps.map { step in
            switch step.moment {
            case .at(let time): "\(time) ms: \(step.action)"
            case .later(let time): time == 0 ? "then \(step.action)" : "\(time) ms later \(step.action)"
            case .tokens(let request, let count): "when \(count) tokens of r\(request) were seen: \(step.action)"
            case .tokensAfterTakeover(let request, let count):
                "when \(count) tokens of another attempt at r\(request) were seen: \(step.action)"
            case .behind(let request, let count):
                "when the log of r\(request) is \(count) entries ahead: \(step.action)"
            case .started(let request): "when r\(request) was started: \(step.action)"
            case .acknowledged(let request): "when the stop of r\(request) was acknowledged: \(step.action)"
            }
        }
    }
}

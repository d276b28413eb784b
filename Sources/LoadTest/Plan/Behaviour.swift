/// What a client does with one answer.
enum Behaviour: Hashable, Sendable {
    /// Reads it to its end.
    case read
    /// Stops it when so many tokens have come; 0: as soon as it was sent.
    case stop(afterTokens: Int)
    /// Stops it so many nanoseconds after it was due to be sent.
    case stopLater(after: UInt64)
    /// Loses its connection when so many tokens have come, and resumes at the next frontend.
    case resume(afterTokens: Int)
    /// Reads it slowly.
    case readSlowly
    /// Goes away when so many tokens have come, and does not come back.
    case abandon(afterTokens: Int)
}

/// How often clients do what.
struct BehaviourMix: Hashable, Sendable {
    /// The share of answers that are stopped, 0 to 1.
    var stopRate = 0.0
    /// After how many tokens; nil: anywhere in the answer.
    var stopAfterTokens: Distribution?
    /// After how many seconds; nil: by tokens. With both, half of the stops go by each.
    var stopDelay: Distribution?
    var resumeRate = 0.0
    /// After how many tokens; nil: anywhere in the answer.
    var resumeAfterTokens: Distribution?
    var slowRate = 0.0
    var abandonRate = 0.0
    /// After how many tokens; nil: anywhere in the answer.
    var abandonAfterTokens: Distribution?

    /// The share of answers that are just read.
    var readRate: Double { 1 - stopRate - resumeRate - slowRate - abandonRate }

    /// What happens to an answer of `tokens` tokens.
    func draw(tokens: Int, _ random: inout some RandomNumberGenerator) -> Behaviour {
        func place(_ distribution: Distribution?) -> Int {
            distribution?.count(&random, atMost: tokens) ?? Int.random(in: 0...tokens, using: &random)
        }
        var rest = Double.random(in: 0..<1, using: &random)
        func falls(into share: Double) -> Bool {
            rest -= share
            return rest < 0
        }
        if falls(into: stopRate) {
            if let stopDelay, stopAfterTokens == nil || Bool.random(using: &random) {
                return .stopLater(after: UInt64(min(stopDelay.sample(&random), 86_400) * 1e9))
            }
            return .stop(afterTokens: place(stopAfterTokens))
        }
        if falls(into: resumeRate) { return .resume(afterTokens: place(resumeAfterTokens)) }
        if falls(into: slowRate) { return .readSlowly }
        if falls(into: abandonRate) { return .abandon(afterTokens: place(abandonAfterTokens)) }
        return .read
    }
}

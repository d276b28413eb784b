/// What one answer is to be, and what its client does with it: drawn before it is asked for.
struct StreamPlan: Hashable, Sendable {
    /// At least one.
    var tokens: Int
    /// Between two tokens.
    var intervalMilliseconds: Double
    var behaviour: Behaviour

    /// Draws one.
    init(_ plan: LoadPlan, _ random: inout some RandomNumberGenerator) {
        tokens = max(plan.tokens.count(&random, atMost: LoadPlan.maximumTokens), 1)
        intervalMilliseconds =
            plan.tokenRate.map { rate in
                // At most an hour, which is the most that the generator takes.
                min(1000 / max(rate.sample(&random), 1.0 / 3600), 3_600_000)
            } ?? 0
        behaviour = plan.mix.draw(tokens: tokens, &random)
    }

    init(tokens: Int, intervalMilliseconds: Double = 0, behaviour: Behaviour = .read) {
        self.tokens = tokens
        self.intervalMilliseconds = intervalMilliseconds
        self.behaviour = behaviour
    }
}

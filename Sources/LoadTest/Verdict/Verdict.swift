/// Whether a run was as it was to be.
struct Verdict: Sendable {
    /// One limit, and what was found.
    struct Judged: Sendable {
        var limit: Limit
        /// nil: there is no such figure, for nothing was measured.
        var value: Double?
        var holds: Bool
    }

    let limits: [Judged]
    let violations: ViolationLog
    /// Answers, commands and connections that went wrong, though nobody limited how many may.
    let errors: UInt64

    /// Errors are allowed only where a limit says how many.
    init(limits: [Limit], violations: ViolationLog, errors: UInt64, value: (Figure) -> Double?) {
        self.limits = limits.map { limit in
            let value = value(limit.figure)
            return Judged(
                limit: limit, value: value, holds: value.map { limit.comparison.holds($0, limit.bound) } ?? false)
        }
        self.violations = violations
        let areLimited = limits.contains { limit in
            switch limit.figure {
            case .errors, .count(.failed), .count(.refused), .count(.lost), .count(.unconnected): true
            case .metric, .count, .rate, .cpuPerChunk, .memory: false
            }
        }
        self.errors = areLimited ? 0 : errors
    }

    var isGood: Bool { errors == 0 && violations.total == 0 && limits.allSatisfy(\.holds) }
}

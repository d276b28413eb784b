package import Shared

/// How many tokens an answer would have, were it not stopped.
package enum ExpectedTokens: Hashable, Sendable {
    case exactly(Int)
    case atMost(Int)

    package var count: Int {
        switch self {
        case .exactly(let count), .atMost(let count): count
        }
    }

    /// Safe as a metric label.
    package var name: String {
        switch self {
        case .exactly: "exact"
        case .atMost: "limit"
        }
    }

    /// Where answers may have `limit` tokens, none of them has more.
    package static func bounded(_ total: ExpectedTokens?, by limit: Int?) -> ExpectedTokens? {
        guard let limit else { return total }
        switch total {
        case .exactly(let count)?: return .exactly(min(count, limit))
        case .atMost(let count)?: return .atMost(min(count, limit))
        case nil: return .atMost(limit)
        }
    }
}

extension CountGenerator {
    package func expectedTokens(of job: GenerationJob) -> ExpectedTokens? {
        guard let value = job.parameters["count"] else { return .exactly(Self.defaultCount) }
        return value.int.flatMap { Self.countRange.contains($0) ? .exactly($0) : nil }
    }
}

extension OpenAIGenerator {
    /// An engine may say less than it may.
    package func expectedTokens(of job: GenerationJob) -> ExpectedTokens? {
        let limits = ["max_tokens", "max_completion_tokens"].compactMap { job.parameters[$0]?.int }
        return limits.min().flatMap { $0 > 0 ? .atMost($0) : nil }
    }
}

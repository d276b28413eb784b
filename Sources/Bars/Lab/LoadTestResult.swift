import Foundation

/// What `penstock-loadtest --json` says, as much of it as is used here.
struct LoadTestResult: Sendable, Decodable {
    struct Times: Sendable, Decodable {
        var count: Int
        /// Milliseconds.
        var p50: Double
        var p90: Double
        var p99: Double
        var max: Double
    }

    struct Check: Sendable, Decodable {
        var check: String
        var violations: Int
    }

    var measuredSeconds: Double
    var wholeCounts: [String: Int]
    var rates: [String: Double]
    var metrics: [String: Times]
    var checks: [Check]
    var lastFailure: String?

    enum CodingKeys: String, CodingKey {
        case rates, metrics, checks
        case measuredSeconds = "measured_seconds"
        case wholeCounts = "counts_of_whole_run"
        case lastFailure = "last_failure"
    }

    init(json: Data) throws { self = try JSONDecoder().decode(Self.self, from: json) }

    func times(_ metric: String) throws -> Times {
        guard let times = metrics[metric], times.count > 0 else {
            throw BarsFailure("the load tester has no samples of \(metric)")
        }
        return times
    }

    /// How late the load tester's own timers were, which is in everything that it measures.
    var lag: String {
        guard let lag = metrics["client.lag"] else { return "the client's lag is not known" }
        return "lag of the client \((lag.p50 * 1000).decimal(0)) / \((lag.p99 * 1000).decimal(0)) µs"
    }

    func count(_ name: String) -> Int { wholeCounts[name] ?? 0 }

    /// What it found wrong, in words; `passing` are checks that are judged elsewhere.
    func problems(passing: Set<String> = []) -> [String] {
        var problems = checks.filter { $0.violations > 0 && !passing.contains($0.check) }.map {
            "\($0.violations) × \($0.check)"
        }
        for error in ["failed", "refused", "lost", "unconnected"] where count(error) > 0 {
            problems.append("\(count(error)) \(error)\(lastFailure.map { " (\($0))" } ?? "")")
        }
        return problems
    }
}

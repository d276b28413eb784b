import Foundation
import Histogram
import Shared

extension LoadResult: Encodable {
    private enum Key: String, CodingKey {
        case version, verdict, settings, counts, rates, metrics, curves, seconds, checks, limits, client, interrupted,
            saved
        case startedAt = "started_at"
        case measuredSeconds = "measured_seconds"
        case wholeCounts = "counts_of_whole_run"
        case lastFailure = "last_failure"
    }

    /// The JSON result: times in milliseconds, rates by second. New members may be added; `version` changes with the meaning of one.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(1, forKey: .version)
        try values.encode(verdict.isGood ? "good" : "bad", forKey: .verdict)
        try values.encode(startedAt, forKey: .startedAt)
        try values.encode(wasInterrupted, forKey: .interrupted)
        try values.encode(record.measuredTime, forKey: .measuredSeconds)
        try values.encode(plan.shown, forKey: .settings)
        try values.encode(Self.named { record.measured.counters[$0] }, forKey: .counts)
        try values.encode(Self.named { record.whole[$0] }, forKey: .wholeCounts)
        try values.encode(
            Dictionary(
                uniqueKeysWithValues: [Count.requests, .completed, .stops, .chunks, .tokens, .bytes].map {
                    ("\($0.rawValue)_per_second", rate($0))
                }), forKey: .rates)
        try values.encode(metrics { Percentiles(record.measured.histograms[$0], $0.unit) }, forKey: .metrics)
        try values.encode(metrics { curve($0) }, forKey: .curves)
        try values.encode(record.seconds, forKey: .seconds)
        try values.encode(checks, forKey: .checks)
        try values.encode(verdict.limits.map(JudgedLimit.init), forKey: .limits)
        try values.encode(client, forKey: .client)
        try values.encode(saved, forKey: .saved)
        try values.encodeIfPresent(lastFailure, forKey: .lastFailure)
    }

    /// The result as text.
    func json(pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    private static func named(_ value: (Count) -> UInt64) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: Count.allCases.map { ($0.rawValue, value($0)) })
    }

    private func metrics<Value>(_ value: (Metric) -> Value) -> [String: Value] {
        Dictionary(
            uniqueKeysWithValues: Metric.allCases.filter { record.measured.histograms[$0].totalCount > 0 }.map {
                ($0.rawValue, value($0))
            })
    }

    /// The percentile curve: pairs of a share below (0 to 1) and a value, closer and closer towards 1.
    private func curve(_ metric: Metric) -> [[Double]] {
        let histogram = record.measured.histograms[metric]
        var points: [[Double]] = []
        // Steps that are even on an axis of 1 / (1 - share).
        let most = max(log10(Double(histogram.totalCount)), 0.1)
        for step in 0...120 {
            let share = 1 - pow(10, -most * Double(step) / 120)
            points.append([share, metric.unit.shown(Double(histogram.valueAtPercentile(share * 100)))])
        }
        return points
    }

    /// Every check, with what broke it.
    var checks: [CheckResult] {
        let violations = record.violations
        return Violation.Check.allCases.map { check in
            CheckResult(
                check: check.rawValue, rule: check.rule, violations: violations.counts[check] ?? 0,
                examples: violations.examples.filter { $0.check == check }.map {
                    CheckResult.Example(requestID: $0.requestID, detail: $0.detail)
                })
        }
    }

    /// One check.
    struct CheckResult: Sendable, Encodable {
        struct Example: Sendable, Encodable {
            var requestID: String?
            var detail: String

            enum CodingKeys: String, CodingKey {
                case detail
                case requestID = "request_id"
            }
        }

        var check: String
        var rule: String
        var violations: UInt64
        var examples: [Example]
    }

    private struct JudgedLimit: Encodable {
        var limit: String
        var value: Double?
        var holds: Bool

        init(_ judged: Verdict.Judged) {
            limit = judged.limit.description
            value = judged.value
            holds = judged.holds
        }
    }
}

import Histogram
import Shared

/// The result of a run in the terminal.
struct Summary {
    let result: LoadResult

    var text: String { (header + table + stops + checks + limits + [verdict]).joined(separator: "\n") + "\n" }

    private var counters: Counters { result.record.measured.counters }

    private var header: [String] {
        let whole = result.record.whole
        var lines = [
            "",
            "\(result.plan.summary)",
            "measured \(NumberText.milliseconds(result.record.measuredTime * 1000))\(result.wasInterrupted ? " (interrupted)" : ""): "
                + "\(NumberText.rate(result.rate(.requests))) requests/s, \(NumberText.rate(result.rate(.tokens))) tokens/s "
                + "in \(NumberText.rate(result.rate(.chunks))) chunks/s",
            "in all: \(NumberText.count(whole[.requests])) requests, \(NumberText.count(whole[.completed])) completed, "
                + "\(NumberText.count(whole[.cancelled])) cancelled, \(NumberText.count(whole[.abandoned])) abandoned, "
                + "\(NumberText.count(whole[.resumed])) resumed, \(NumberText.count(whole.errors)) errors",
        ]
        if let failure = result.lastFailure, whole.errors > 0 { lines.append("last error: \(failure)") }
        return lines
    }

    private var table: [String] {
        var rows = [["", "count", "p50", "p90", "p99", "p99.9", "max"]]
        for metric in Metric.allCases {
            let histogram = result.record.measured.histograms[metric]
            guard histogram.totalCount > 0 else { continue }
            let figures = Percentiles(histogram, metric.unit)
            rows.append(
                [metric.title, NumberText.count(figures.count)]
                    + [figures.p50, figures.p90, figures.p99, figures.p999, figures.max].map {
                        NumberText.value($0, metric.unit)
                    })
        }
        return [""] + Self.aligned(rows)
    }

    private var stops: [String] {
        let whole = result.record.whole
        guard whole[.stops] > 0 else { return [] }
        return [
            "",
            "stops: \(NumberText.count(whole[.stops])) sent: \(NumberText.count(whole[.stopped])) stopped, "
                + "\(NumberText.count(whole[.dequeued])) dequeued, \(NumberText.count(whole[.alreadyStopped])) already stopped, "
                + "\(NumberText.count(whole[.alreadyCompleted])) already completed; "
                + "\(NumberText.count(whole[.chunksAfterStop])) chunks after an acknowledgement"
                + (result.plan.timestamps
                    ? "; \(NumberText.count(whole[.lateTokens])) tokens said after a stop had left" : ""),
        ]
    }

    private var checks: [String] {
        let broken = result.checks.filter { $0.violations > 0 }
        guard !broken.isEmpty else {
            return [
                "",
                "checks: all of \(result.checks.count) hold; \(NumberText.count(UInt64(result.saved))) saved messages compared"
                    + (result.plan.redisURL == nil ? ", no look for orphans (--redis-url)" : ", no orphans"),
            ]
        }
        return [""]
            + broken.flatMap { check in
                ["VIOLATED \(NumberText.count(check.violations)) times: \(check.rule) (\(check.check))"]
                    + check.examples.map { "    \($0.requestID.map { "\($0): " } ?? "")\($0.detail)" }
            }
    }

    private var limits: [String] {
        guard !result.verdict.limits.isEmpty else { return [] }
        return [""]
            + result.verdict.limits.map { judged in
                let value = judged.value.map { Self.shown($0, judged.limit.figure.unit) } ?? "nothing was measured"
                return "\(judged.holds ? "holds " : "MISSED") \(judged.limit): \(value)"
            }
    }

    private var verdict: String {
        let client = result.client
        let cost = client.cpuPerChunk.map { ", \(NumberText.milliseconds($0)) CPU per chunk" } ?? ""
        return "\nthis client: \(NumberText.milliseconds(client.cpuSeconds * 1000)) CPU\(cost), "
            + "\(NumberText.bytes(client.peakMemoryBytes)) of memory\n"
            + (result.verdict.isGood
                ? "verdict: good"
                : "verdict: BAD" + (result.verdict.errors > 0 ? " (errors: \(result.verdict.errors))" : ""))
    }

    private static func shown(_ value: Double, _ unit: Figure.Unit) -> String {
        switch unit {
        case .time: NumberText.milliseconds(value)
        case .number: NumberText.rate(value)
        case .memory: NumberText.bytes(Int(value))
        }
    }

    /// The first column to the left, the others to the right.
    static func aligned(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }
}

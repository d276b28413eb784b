import Foundation

/// All bars of a run, as a table and as JSON. Pure.
struct BarsReport: Sendable {
    var environment: RunEnvironment
    var bars: [Bar]
    /// Rows that could not be measured, and why.
    var failures: [String]

    var isMet: Bool { failures.isEmpty && bars.allSatisfy(\.isMet) }

    /// For a terminal.
    var table: String {
        var rows = [["what", "measured", "part", "ratio", "bar", ""]]
        for bar in bars {
            let bound =
                switch bar.bound {
                case .atLeast(let bound): "≥ \(Self.number(bound))"
                case .atMost(let bound): "≤ \(Self.number(bound))"
                }
            rows.append([
                bar.what, bar.unit.text(bar.measured),
                bar.part.map { "\(bar.unit.text($0.value)) \($0.name)" } ?? "–",
                bar.ratio.map { $0.isFinite ? $0.decimal(2) : "–" } ?? "–",
                bar.part == nil && !bar.unit.rawValue.isEmpty ? "\(bound) \(bar.unit.rawValue)" : bound,
                bar.isMet ? "met" : "MISSED",
            ])
        }
        var text = Self.aligned(rows) + "\n"
        for bar in bars where !bar.notes.isEmpty || !bar.problems.isEmpty {
            text +=
                "\(bar.name): \((bar.problems.map { "DOES NOT COUNT: \($0)" } + bar.notes).joined(separator: "; "))\n"
        }
        for failure in failures { text += "NOT MEASURED: \(failure)\n" }
        let met = bars.count(where: \.isMet)
        text +=
            "\n\(met) of \(bars.count) met\(environment.isQuick ? ", in a quick run" : ""). \(environment.sentence)\n"
        return text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? value.decimal(0) : value.decimal(2)
    }

    /// Columns of equal width, the first to the left, numbers too: they have units.
    static func aligned(_ rows: [[String]]) -> String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }
}

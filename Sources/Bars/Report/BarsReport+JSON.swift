import Foundation

extension BarsReport {
    private struct Written: Encodable {
        struct Row: Encodable {
            var name: String
            var what: String
            var unit: String
            var measured: Double?
            var part: Double?
            var partName: String?
            var ratio: Double?
            var atLeast: Double?
            var atMost: Double?
            var met: Bool
            var notes: [String]
            var problems: [String]

            enum CodingKeys: String, CodingKey {
                case name, what, unit, measured, part, ratio, met, notes, problems
                case partName = "part_name"
                case atLeast = "at_least"
                case atMost = "at_most"
            }
        }

        var environment: RunEnvironment
        var bars: [Row]
        var failures: [String]
        var met: Bool
    }

    /// The report for programs. Values are in the unit beside them; what could not be reckoned is absent.
    var json: String {
        get throws {
            let rows = bars.map { bar in
                func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
                var row = Written.Row(
                    name: bar.name, what: bar.what, unit: bar.unit.rawValue, measured: finite(bar.measured),
                    part: finite(bar.part?.value), partName: bar.part?.name, ratio: finite(bar.ratio), met: bar.isMet,
                    notes: bar.notes, problems: bar.problems)
                switch bar.bound {
                case .atLeast(let bound): row.atLeast = bound
                case .atMost(let bound): row.atMost = bound
                }
                return row
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let written = Written(environment: environment, bars: rows, failures: failures, met: isMet)
            return String(decoding: try encoder.encode(written), as: UTF8.self) + "\n"
        }
    }
}

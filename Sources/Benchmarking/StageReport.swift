private import Foundation

/// What was measured, beside what is allowed.
package struct StageReport: Encodable {
    package let measurements: [StageMeasurement]
    /// Nil where nothing is compared.
    package let thresholds: StageThresholds?
    /// What is over, a line each.
    package let excesses: [String]

    package init(measurements: [StageMeasurement], thresholds: StageThresholds?, isComplete: Bool) {
        self.measurements = measurements
        self.thresholds = thresholds
        excesses = thresholds?.excesses(measurements, isComplete: isComplete) ?? []
    }

    /// A table, then what is over.
    package var text: String {
        var rows = [["stage", "ns", "reference", "ratio", "±", "limit", "allocations", "limit", "one operation"]]
        for measurement in measurements {
            let limit = thresholds?.stages[measurement.name]
            rows.append([
                measurement.name, measurement.nanoseconds.decimal(1), measurement.referenceNanoseconds.decimal(1),
                measurement.ratio.decimal(3), "\((measurement.spread * 100).decimal(0)) %",
                limit?.ratio.decimal(3) ?? "-", measurement.allocations.decimal(3),
                limit?.allocations.decimal(3) ?? "-", measurement.operation,
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                // Names and sentences to the left, numbers to the right.
                return column == 0
                    ? row[column] + padding : column == row.count - 1 ? row[column] : padding + row[column]
            }.joined(separator: "  ")
        }
        return (lines + excesses.map { "OVER: \($0)" }).joined(separator: "\n") + "\n"
    }

    /// The same as JSON.
    package var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

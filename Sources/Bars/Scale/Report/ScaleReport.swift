import Foundation

/// All sweeps of a run. Pure.
struct ScaleReport: Sendable {
    var environment: RunEnvironment
    var results: [ScaleResult]
    /// Points that could not be measured, and why.
    var failures: [String]

    var breaches: [String] { results.flatMap(\.breaches) }
    var problems: [String] { results.flatMap(\.problems) }

    /// Whether all was measured, right, and grows no faster than linearly.
    var holds: Bool { failures.isEmpty && problems.isEmpty && breaches.isEmpty }

    /// For a terminal.
    var table: String {
        var text = results.map(\.table).joined(separator: "\n")
        let remarks =
            failures.map { "NOT MEASURED: \($0)" } + problems.map { "DOES NOT COUNT: \($0)" }
            + breaches.map { "GROWS: \($0)" } + results.flatMap(\.disturbances)
        if !remarks.isEmpty { text += "\n" + remarks.joined(separator: "\n") + "\n" }
        let verdict = breaches.isEmpty ? "Nothing grows faster than linearly" : "\(breaches.count) grow too fast"
        text += "\n\(verdict)\(environment.isQuick ? ", in a quick run" : ""). \(environment.sentence)\n"
        return text
    }

    private struct Written: Encodable {
        struct Sweep: Encodable {
            var name: String
            var axis: String
            var points: [Point]
        }

        struct Point: Encodable {
            var at: Double
            var label: String
            var figures: [String: Double]
            var problems: [String]
        }

        var environment: RunEnvironment
        var sweeps: [Sweep]
        var breaches: [String]
        var failures: [String]
        var holds: Bool
    }

    /// For programs. What could not be reckoned is absent.
    var json: String {
        get throws {
            let sweeps = results.map { result in
                Written.Sweep(
                    name: result.name, axis: result.axis,
                    points: result.points.map { point in
                        Written.Point(
                            at: point.position, label: point.label,
                            figures: Dictionary(
                                uniqueKeysWithValues: point.figures.values.filter { $0.value.isFinite }.map {
                                    ($0.key.rawValue, $0.value)
                                }), problems: point.figures.problems)
                    })
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let written = Written(
                environment: environment, sweeps: sweeps, breaches: breaches, failures: failures, holds: holds)
            return String(decoding: try encoder.encode(written), as: UTF8.self) + "\n"
        }
    }
}

import Foundation
import Shared

/// One thing of which there is more and more, and what is measured at each of its points.
protocol ScaleSweep: Sendable {
    /// As `--only` and the names of plots have it.
    static var name: String { get }

    init()

    var title: String { get }
    /// What there is more and more of.
    var axis: String { get }
    /// From the smallest to the largest.
    var places: [ScalePlace] { get }
    var rules: [LinearRule] { get }
    var panels: [ScalePanel] { get }

    /// Where a place stands on the axis, which may be known only when it is measured.
    func position(of place: ScalePlace, _ figures: ScaleFigures) -> Double

    /// Measures once.
    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures
}

extension ScaleSweep {
    func position(of place: ScalePlace, _ figures: ScaleFigures) -> Double { place.value }
}

/// Where something is measured.
struct ScalePlace: Hashable, Sendable {
    var value: Double
    var label: String
    /// Whether a quick run leaves it out.
    var isLong = false

    init(_ value: Double, _ label: String? = nil, isLong: Bool = false) {
        self.value = value
        self.label = label ?? Self.grouped(value)
        self.isLong = isLong
    }

    var count: Int { Int(value) }

    static func grouped(_ value: Double) -> String {
        guard value >= 1000, value == value.rounded() else { return value.decimal(value == value.rounded() ? 0 : 1) }
        let number = Int(value)
        return "\(grouped(Double(number / 1000))),\(String(number % 1000 + 1000).dropFirst())"
    }
}

/// A part of a plot: figures of one unit over the places of a sweep.
struct ScalePanel: Sendable {
    var title: String
    var lines: [(name: String, figure: ScaleFigure)]

    static let tokenCosts = ScalePanel(
        title: "CPU per token (µs)", lines: [("Redis", .redis), ("worker", .worker), ("frontend", .frontend)])
    static let latency = ScalePanel(
        title: "Generator to client (µs)", lines: [("p50", .latency50), ("p99", .latency99)])
    static let stops = ScalePanel(
        title: "Stop (µs)",
        lines: [
            ("observed p50", .observed50), ("observed p99", .observed99), ("settled p50", .settled50),
            ("settled p99", .settled99),
        ])
}

/// What all sweeps of a run have in common.
struct ScaleRun: Sendable {
    /// Measured at each point.
    var seconds: Double
    var directory: URL

    /// Tells how it goes.
    func say(_ text: String) { StandardError.write("  \(text)\n") }
}

import Foundation
import Shared

/// One row of the table, or a few that are measured together.
protocol BarRow: Sendable {
    /// As `--only` has it.
    static var name: String { get }

    init()

    /// Measures, and returns one bar or more.
    func measure(_ run: BarsRun) async throws -> [Bar]
}

/// What all rows of a run have in common.
struct BarsRun: Sendable {
    /// Whether to take less time, and figures that mean less.
    var isQuick: Bool
    var directory: URL

    /// How often a part and its whole are measured, in turn.
    var rounds: Int { isQuick ? 1 : 3 }

    /// Tells how it goes.
    func say(_ text: String) { StandardError.write("  \(text)\n") }
}

package import Foundation
private import Shared

extension Process {
    /// Runs it as every process of a test is to be run: with no signal blocked, and one after the other (`UnblockedSignals`). Throws where there
    /// is no such program.
    package func start() throws { try UnblockedSignals.with { try run() } }
}

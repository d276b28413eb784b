/// Returns when `condition` holds, or throws after `limit`. It asks again every few milliseconds: for what another process or
/// task does, where there is nothing to await.
package func eventually(
    _ what: String = "the condition", within limit: Duration = .seconds(30),
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw NeverHeld(what: what, limit: limit) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// What was waited for did not come.
package struct NeverHeld: Error, CustomStringConvertible {
    var what: String
    var limit: Duration
    package var description: String { "\(what) did not hold within \(limit)" }
}

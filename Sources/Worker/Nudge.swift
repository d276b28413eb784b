private import Synchronization

/// Wakes one task that waits: a nudge that comes while nobody waits is kept, and one is all that is kept.
package final class Nudge: Sendable {
    private struct State {
        var isDue = false
        var gate: Gate?
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes whoever waits, or the next who does.
    package func give() {
        let gate = state.withLock { state in
            if state.gate == nil { state.isDue = true }
            defer { state.gate = nil }
            return state.gate
        }
        gate?.open()
    }

    /// Returns when a nudge was given since the last wait returned, or the task is cancelled.
    package func wait() async {
        let gate = Gate()
        let waits = state.withLock { state in
            guard !state.isDue else {
                state.isDue = false
                return false
            }
            state.gate = gate
            return true
        }
        if waits { await gate.wait() }
    }
}

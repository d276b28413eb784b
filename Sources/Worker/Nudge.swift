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

    /// Returns when a nudge was given since the last wait returned, or the task is cancelled: then a nudge is kept for the next. One task
    /// at a time.
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
        guard waits else { return }
        await gate.wait()
        state.withLock { state in
            if state.gate === gate {
                // Cancelled: nobody stands at this gate any more.
                state.gate = nil
            } else if Task.isCancelled {
                // Whoever was cancelled as it was nudged may not act on it.
                state.isDue = true
            }
        }
    }
}

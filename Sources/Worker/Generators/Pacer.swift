package import NIOCore
private import Synchronization

/// Waits for moments, one at a time; the stop of a context and the cancellation of the task end a wait at once.
package final class Pacer: Sendable {
    private struct State {
        var waiter: UnsafeContinuation<Void, Never>?
        /// Tells the present wait from those before, whose moments may still come.
        var turn: UInt64 = 0
    }

    private let state = Mutex(State())
    private let context: RequestContext
    private let timers: PaceTimers

    /// A pacer whose moments come from `timers`. The context holds it until it is stopped or retired.
    package init(context: RequestContext, timers: PaceTimers) {
        self.context = context
        self.timers = timers
        // Not weakly: that would make every retain of it, several to each token, a slow one.
        context.whenStopped { self.wake() }
    }

    /// Returns at `moment`, or before it when the context is stopped or the task is cancelled.
    package func wait(until moment: NIODeadline) async {
        guard moment > .now() else { return }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let turn: UInt64? = state.withLock { state in
                    // A stop or a cancellation that comes later finds the waiter; one that came before shows here.
                    if context.isStopped || Task.isCancelled { return nil }
                    state.waiter = continuation
                    state.turn += 1
                    return state.turn
                }
                if let turn { timers.wake(self, turn: turn, at: moment) } else { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
    }

    /// Whether somebody waits since `turn`.
    func waits(in turn: UInt64) -> Bool { state.withLock { $0.turn == turn && $0.waiter != nil } }

    /// The moment of `turn` has come. Returns whether somebody still waited for it.
    func wake(turn: UInt64) -> Bool {
        let waiter = state.withLock { state in state.turn == turn ? state.waiter.take() : nil }
        waiter?.resume()
        return waiter != nil
    }

    private func wake() {
        guard let waiter = state.withLock({ $0.waiter.take() }) else { return }
        timers.forgot()
        waiter.resume()
    }
}

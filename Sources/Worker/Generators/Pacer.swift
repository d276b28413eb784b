package import NIOCore
private import Synchronization

/// Waits for moments, one at a time; the stop of a context and the cancellation of the task end a wait at once.
package final class Pacer: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Void, Never>?
        var timer: Scheduled<Void>?
        /// Tells the timer of the present wait from one that fires late.
        var turn: UInt64 = 0
    }

    private let state = Mutex(State())
    private let context: RequestContext
    private let eventLoop: any EventLoop
    private let observation = Mutex<RequestContext.Observation?>(nil)

    /// A pacer whose timers run on `eventLoop`.
    package init(context: RequestContext, eventLoop: any EventLoop) {
        self.context = context
        self.eventLoop = eventLoop
        let handler = context.whenStopped { [weak self] in self?.wake() }
        observation.withLock { $0 = handler }
    }

    deinit { observation.withLock { $0 }?.cancel() }

    /// Returns at `moment`, or before it when the context is stopped or the task is cancelled.
    package func wait(until moment: NIODeadline) async {
        guard moment > .now() else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    // A stop or a cancellation that comes later finds the waiter; one that came before shows here.
                    if context.isStopped || Task.isCancelled { return true }
                    state.waiter = continuation
                    state.turn += 1
                    let turn = state.turn
                    state.timer = eventLoop.scheduleTask(deadline: moment) { [weak self] in self?.wake(turn: turn) }
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
    }

    private func wake(turn: UInt64? = nil) {
        let (waiter, timer): (CheckedContinuation<Void, Never>?, Scheduled<Void>?) = state.withLock { state in
            guard turn == nil || turn == state.turn else { return (nil, nil) }
            defer {
                state.waiter = nil
                state.timer = nil
            }
            return (state.waiter, turn == nil ? state.timer : nil)
        }
        timer?.cancel()
        waiter?.resume()
    }
}

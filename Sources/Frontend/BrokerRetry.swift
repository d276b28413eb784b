import NIOCore
import Shared

/// Repeats calls to the broker that failed because Redis was away, until a deadline. Bound to the broker's event loop.
struct BrokerRetry {
    let eventLoop: any EventLoop

    /// Carries out `operation` now, and again while it fails with `unavailable`, in growing steps of 25 ms to 1 s. It must be
    /// safe to repeat. Fails with the last error once `deadline` has passed.
    func until<Value: Sendable>(
        _ deadline: NIODeadline, _ operation: @escaping () -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        attempt(1, deadline, operation, promise)
        return promise.futureResult
    }

    private func attempt<Value: Sendable>(
        _ number: Int, _ deadline: NIODeadline, _ operation: @escaping () -> EventLoopFuture<Value>,
        _ promise: EventLoopPromise<Value>
    ) {
        operation().assumeIsolated().whenComplete { result in
            switch result {
            case .success(let value):
                promise.succeed(value)
            case .failure(let error):
                let delay = TimeAmount.milliseconds(
                    Int64.random(in: 13...25) << Int64(min(number - 1, 5)))
                guard (error as? BrokerError)?.code == .unavailable, eventLoop.now + delay < deadline else {
                    return promise.fail(error)
                }
                eventLoop.assumeIsolated().scheduleTask(in: delay) {
                    attempt(number + 1, deadline, operation, promise)
                }
            }
        }
    }
}

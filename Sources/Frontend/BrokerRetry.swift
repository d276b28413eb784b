import NIOCore
import Shared

/// Repeats calls to the broker that failed because Redis was away, until a deadline. Bound to the broker's event loop.
struct BrokerRetry {
    let eventLoop: any EventLoop

    /// Carries out `operation` now, and again while it fails with `unavailable`, after growing, random
    /// waits. It must be
    /// safe to repeat. Fails with the last error once `deadline` has passed.
    func until<Value: Sendable>(
        _ deadline: NIODeadline, _ operation: @escaping () -> EventLoopFuture<Value>
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        attempt(.broker, deadline, operation, promise)
        return promise.futureResult
    }

    private func attempt<Value: Sendable>(
        _ backoff: Backoff, _ deadline: NIODeadline, _ operation: @escaping () -> EventLoopFuture<Value>,
        _ promise: EventLoopPromise<Value>
    ) {
        operation().assumeIsolated().whenComplete { result in
            switch result {
            case .success(let value):
                promise.succeed(value)
            case .failure(let error):
                var backoff = backoff
                let delay = backoff.next()
                guard (error as? BrokerError)?.code == .unavailable, eventLoop.now + delay < deadline else {
                    return promise.fail(error)
                }
                eventLoop.assumeIsolated().scheduleTask(in: delay) { [backoff] in
                    attempt(backoff, deadline, operation, promise)
                }
            }
        }
    }
}

package import NIOCore

extension EventLoopFuture where Value: Sendable {
    /// The value. Once the task is cancelled it is awaited no longer than `patience`; then this throws `CancellationError`, and what
    /// was asked for goes on unheard.
    package func get(patience: TimeAmount) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        cascade(to: promise)
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            // Of two completions the first counts.
            eventLoop.scheduleTask(in: patience) { promise.fail(CancellationError()) }
        }
    }

    /// The value, awaited no longer than `limit`; then this throws `CancellationError`.
    package func get(within limit: TimeAmount) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        cascade(to: promise)
        let timer = eventLoop.scheduleTask(in: limit) { promise.fail(CancellationError()) }
        defer { timer.cancel() }
        return try await promise.futureResult.get()
    }
}

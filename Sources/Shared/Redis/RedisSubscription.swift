package import NIOCore

/// One handler's share in a channel. It lasts until it is cancelled or its subscriber closed, also when nobody keeps this object.
///
/// - Note: `@unchecked Sendable` because all of its mutable state is only touched on the loop of its subscriber.
package final class RedisSubscription: @unchecked Sendable {
    package let channel: String
    /// Completes when Redis has confirmed: what is published from then on reaches the handler. Fails with `cancelled`, `closed`,
    /// `tooManySubscriptions`, or with Redis's refusal.
    package let confirmed: EventLoopFuture<Void>

    let id: Int
    private let promise: EventLoopPromise<Void>
    private let subscriber: RedisSubscriber
    private var isConfirmed = false
    private var handler: ((RedisSubscriptionEvent) -> Void)?

    init(
        channel: String, id: Int, subscriber: RedisSubscriber, handler: @escaping (RedisSubscriptionEvent) -> Void
    ) {
        self.channel = channel
        self.id = id
        self.subscriber = subscriber
        self.handler = handler
        promise = subscriber.eventLoop.makePromise()
        confirmed = promise.futureResult
    }

    /// Leaves the channel. From any thread; on the loop the handler hears nothing from then on. Idempotent.
    package func cancel() {
        let eventLoop = subscriber.eventLoop
        if eventLoop.inEventLoop { cancelOnLoop() } else { eventLoop.execute { self.cancelOnLoop() } }
    }

    func confirm() {
        isConfirmed = true
        promise.succeed(())
    }

    func tell(_ event: RedisSubscriptionEvent) {
        handler?(event)
    }

    /// Redis refuses the channel: told by the event if the subscription ever was confirmed, else by `confirmed`.
    func refuse(_ error: RedisError) {
        if isConfirmed { tell(.refused(error)) }
        end(error)
    }

    /// It is over; without the handler, nothing can reach it.
    func end(_ error: RedisError) {
        handler = nil
        promise.fail(error)
    }

    private func cancelOnLoop() {
        guard handler != nil else { return }
        end(RedisError(.cancelled, "the subscription was cancelled"))
        subscriber.left(self)
    }
}

import NIOCore

extension RedisBroker {
    package func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(keys.stops(request)) { event in
            switch event {
            case .message(let payload): handler(.signal(StopSignal(payload: String(decoding: payload, as: UTF8.self))))
            case .interrupted: handler(.interrupted)
            case .resumed: handler(.resumed)
            case .refused: handler(.refused)
            }
        }
    }

    /// Subscribes now if called on the loop, or as soon as the loop gets to it.
    func subscribe(
        _ channel: String, _ handler: @escaping @Sendable (RedisSubscriptionEvent) -> Void
    ) -> any BrokerSubscription {
        let subscription = ChannelSubscription(eventLoop)
        if eventLoop.inEventLoop {
            subscription.start(subscriber, channel, handler)
        } else {
            eventLoop.execute { subscription.start(self.subscriber, channel, handler) }
        }
        return subscription
    }
}

/// A subscription of the broker. `@unchecked Sendable`: its state is touched on its event loop only.
private final class ChannelSubscription: BrokerSubscription, @unchecked Sendable {
    let confirmed: EventLoopFuture<Void>
    private let eventLoop: any EventLoop
    private let promise: EventLoopPromise<Void>
    private var subscription: RedisSubscription?
    private var isCancelled = false

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        promise = eventLoop.makePromise()
        confirmed = promise.futureResult
    }

    func start(
        _ subscriber: RedisSubscriber, _ channel: String, _ handler: @escaping (RedisSubscriptionEvent) -> Void
    ) {
        guard !isCancelled else {
            return promise.fail(BrokerError(code: .unavailable, message: "the subscription was cancelled"))
        }
        let subscription = subscriber.subscribe(channel, handler)
        self.subscription = subscription
        RedisBroker.translate(subscription.confirmed).cascade(to: promise)
    }

    func cancel() {
        if eventLoop.inEventLoop { end() } else { eventLoop.execute { self.end() } }
    }

    private func end() {
        isCancelled = true
        subscription?.cancel()
        subscription = nil
    }
}

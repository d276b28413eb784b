package import Logging
package import NIOCore

/// One connection that carries all channel subscriptions of an event loop, kept up.
///
/// - Many handlers may share a channel: the first subscribes, the last to leave unsubscribes. What one turn of the loop
///   subscribes and unsubscribes leaves in one flush.
/// - A handler hears messages only after its `confirmed`, in order, on the loop. Pub/sub delivers at most once: a lost connection
///   is announced by `interrupted` and its end by `resumed`.
/// - The connection is tried by a `PING` every `pingInterval`; without an answer within `pingTimeout` it is made anew.
/// - Bound: `maximumChannels`. Policy: a subscription beyond it fails with `tooManySubscriptions`.
///
/// Everything but `close` and `RedisSubscription.cancel` must be called on the loop. A handler must not block. It keeps itself
/// alive until it is closed, so it must be closed.
///
/// - Note: `@unchecked Sendable` because all of its state is only touched on `eventLoop`.
package final class RedisSubscriber: @unchecked Sendable {
    package let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let connection: RedisConnection
    private let closed: EventLoopPromise<Void>
    private var machine: SubscriptionStateMachine
    private var table = SubscribedChannelTable()
    private var outbound = ByteBuffer()
    private var flushScheduled = false
    private var nextID = 0
    private var isClosed = false
    private var pingTimer: Scheduled<Void>?

    /// Makes a subscriber and begins to connect. Throws `invalidConfiguration` when TLS cannot be set up.
    package init(_ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger) throws(RedisError) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        connection = try RedisConnection(configuration, on: eventLoop, reconnecting: .always, logger: logger)
        closed = eventLoop.makePromise()
        machine = SubscriptionStateMachine(maximumChannels: configuration.maximumChannels)
        onLoop { subscriber in
            subscriber.connection.setDelegate(subscriber)
            subscriber.connection.start()
        }
    }

    /// Whether there is a connection. On the loop only.
    package var isConnected: Bool {
        eventLoop.preconditionInEventLoop()
        return connection.isReady
    }

    /// Why there is no connection, if the last attempt or connection failed. On the loop only.
    package var lastError: RedisError? {
        eventLoop.preconditionInEventLoop()
        return connection.lastError
    }

    /// How often the connection was made. On the loop only.
    package var connectionsMade: Int { connection.timesReady }

    /// Gives the connection up and makes another: for who knows that it is deaf though it looks well. Nothing while there is none.
    /// On the loop only.
    package func reconnect(because reason: String) {
        eventLoop.preconditionInEventLoop()
        guard connection.isReady else { return }
        connection.drop(RedisError(.connectionLost, reason))
    }

    /// How many channels there are, those being left included. On the loop only.
    package var channelCount: Int {
        eventLoop.preconditionInEventLoop()
        return machine.channelCount
    }

    /// Subscribes a handler to a channel. On the loop only. Failures are told by `confirmed`.
    package func subscribe(
        _ channel: String, _ handler: @escaping (RedisSubscriptionEvent) -> Void
    ) -> RedisSubscription {
        eventLoop.preconditionInEventLoop()
        nextID += 1
        let subscription = RedisSubscription(channel: channel, id: nextID, subscriber: self, handler: handler)
        guard !isClosed else {
            subscription.end(RedisError(.closed, "the Redis subscriber is closed"))
            return subscription
        }
        switch machine.subscribe(channel, subscription.id) {
        case .refuse:
            subscription.end(
                RedisError(.tooManySubscriptions, "\(machine.channelCount) channels are subscribed, which is the bound")
            )
            return subscription
        case .send: write("SUBSCRIBE", channel)
        case .wait: break
        case .confirm: subscription.confirm()
        }
        if let known = table.find(channel) {
            known.subscriptions.append(subscription)
        } else {
            let new = SubscribedChannel(channel)
            new.subscriptions = [subscription]
            table.insert(new)
        }
        return subscription
    }

    /// Closes: subscriptions not confirmed fail with `closed`, and no handler hears anything more. From any thread.
    @discardableResult
    package func close() -> EventLoopFuture<Void> {
        onLoop { $0.connection.close() }
        return closed.futureResult
    }

    /// A subscription was cancelled.
    func left(_ subscription: RedisSubscription) {
        switch machine.unsubscribe(subscription.channel, subscription.id) {
        case .send: write("UNSUBSCRIBE", subscription.channel)
        case .none: break
        }
        guard let channel = table.find(subscription.channel) else { return }
        channel.subscriptions.removeAll { $0 === subscription }
        if channel.subscriptions.isEmpty { table.remove(channel) }
    }

    private func onLoop(_ body: @escaping @Sendable (RedisSubscriber) -> Void) {
        if eventLoop.inEventLoop { body(self) } else { eventLoop.execute { body(self) } }
    }

    // MARK: - Writing

    private func write(_ name: StaticString, _ channel: String) {
        append(name, channel)
        guard !flushScheduled else { return }
        flushScheduled = true
        eventLoop.assumeIsolated().execute { self.flush() }
    }

    private func append(_ name: StaticString, _ channel: String) {
        outbound.writeRedisCommands(capacity: channel.utf8.count + 4 * RedisCommandWriter.overhead) { writer in
            writer.command(arguments: 2)
            writer.argument(name)
            writer.argument(channel)
        }
    }

    private func flush() {
        flushScheduled = false
        guard outbound.readableBytes > 0 else { return }
        let bytes = outbound
        outbound = ByteBuffer()
        connection.write(bytes)
    }

    // MARK: - Watching

    private func schedulePing() {
        pingTimer = eventLoop.assumeIsolated().scheduleTask(in: configuration.pingInterval) { self.ping() }
    }

    private func ping() {
        guard connection.isReady else { return }
        RedisCommand("PING").append(to: &outbound)
        machine.pingSent()
        flush()
        pingTimer = eventLoop.assumeIsolated().scheduleTask(in: configuration.pingTimeout) {
            self.connection.drop(RedisError(.timeout, "Redis did not answer the PING of a subscriber in time"))
        }
    }
}

extension RedisSubscriber: RedisConnectionDelegate {
    func connectionBecameReady() {
        for channel in machine.connected() { append("SUBSCRIBE", channel) }
        flush()
        schedulePing()
    }

    func connectionReplied(_ reply: ReplyReader) {
        var reader = reply
        switch reader.next() {
        case .array(let count) where count >= 2: received(&reader)
        case .string: confirmed(.pong, "")
        case .error(let bytes): refused(RedisError(reply: String(decoding: bytes, as: UTF8.self)))
        case .array, .integer, .null, nil: violated()
        }
    }

    func connectionReadCompleted() {}

    func connectionWasLost(_ error: RedisError) {
        pingTimer?.cancel()
        outbound.clear()
        let interrupted = machine.disconnected()
        // All are marked first, as what a handler does may change the table.
        let channels = interrupted.compactMap { table.find($0.channel) }
        for channel in channels { channel.isLive = false }
        for channel in channels {
            for subscription in channel.subscriptions { subscription.tell(.interrupted) }
        }
    }

    func connectionDidClose() {
        isClosed = true
        pingTimer?.cancel()
        outbound.clear()
        for channel in table.removeAll() {
            for subscription in channel.subscriptions {
                subscription.end(RedisError(.closed, "the Redis subscriber was closed"))
            }
        }
        closed.succeed(())
    }

    private func received(_ reader: inout ReplyReader) {
        guard let kind = reader.string(), let name = reader.string() else { return violated() }
        // Told apart by their lengths: message 7, subscribe 9, unsubscribe 11, pong 4.
        switch kind.count {
        case 7:
            guard let payload = reader.string() else { return violated() }
            guard let channel = table.find(name), channel.isLive else { return }
            for subscription in channel.subscriptions { subscription.tell(.message(payload)) }
        case 9: confirmed(.subscribe, String(decoding: name, as: UTF8.self))
        case 11: confirmed(.unsubscribe, String(decoding: name, as: UTF8.self))
        case 4: confirmed(.pong, "")
        default: violated()
        }
    }

    private func confirmed(_ kind: SubscriptionStateMachine.Confirmation, _ name: String) {
        switch machine.confirmed(kind, name) {
        case .live(let new, _):
            guard let channel = table.find(name) else { return }
            channel.isLive = true
            let firsts = Set(new)
            for subscription in channel.subscriptions {
                if firsts.contains(subscription.id) { subscription.confirm() } else { subscription.tell(.resumed) }
            }
        case .pong: ponged()
        case .none: break
        case .violation: violated()
        }
    }

    private func refused(_ error: RedisError) {
        switch machine.failed() {
        case .refused(let name, _):
            guard let channel = table.find(name) else { return }
            table.remove(channel)
            for subscription in channel.subscriptions { subscription.refuse(error) }
        case .pong: ponged()
        case .none: break
        case .violation: connection.drop(error)
        }
    }

    private func ponged() {
        pingTimer?.cancel()
        schedulePing()
    }

    private func violated() {
        connection.drop(RedisError(.protocolViolation, "a subscriber got what it did not ask for"))
    }
}

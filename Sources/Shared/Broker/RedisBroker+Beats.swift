package import NIOCore

extension RedisBroker {
    package var connections: BrokerConnections {
        BrokerConnections(
            commands: client.isConnected, subscriptions: subscriber.isConnected,
            failure: (client.lastError ?? subscriber.lastError).map { "\($0)" })
    }

    package func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        Self.translate(
            client.send(
                RedisCommand("PUBLISH", .string(keys.beats(name)), .string("\(number)")), timeout: .after(timeout),
                urgent: true)
        ).map { $0.integer ?? 0 }
    }

    package func listenForBeats(
        name: String, handler: @escaping @Sendable (BeatEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(keys.beats(name)) { event in
            switch event {
            case .message(let payload):
                if let number = UInt64(String(decoding: payload, as: UTF8.self)) { handler(.beat(number)) }
            case .interrupted: handler(.interrupted)
            case .resumed: handler(.resumed)
            case .refused(let error): handler(.refused(BrokerError(redis: error)))
            }
        }
    }

    package func renewSubscriptions(because reason: String) { subscriber.reconnect(because: reason) }
}

package import NIOCore

extension RedisBroker {
    package var connections: BrokerConnections {
        BrokerConnections(
            commands: client.isConnected, subscriptions: subscriber.isConnected,
            failure: (client.lastError ?? subscriber.lastError).map { "\($0)" },
            made: BrokerConnections.Made(
                commands: client.connectionsMade, subscriptions: subscriber.connectionsMade,
                jobs: blocking.connectionsMade))
    }

    package func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        if eventLoop.inEventLoop { sampleClock() } else { eventLoop.execute { self.sampleClock() } }
        return Self.translate(
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

    private func sampleClock() {
        let sent = NIODeadline.now()
        client.submit(urgent: true, write: RedisCommand("TIME").append) { [clock] _, result in
            guard case .success(var reader) = result, reader.array() == 2, let seconds = reader.number(),
                let microseconds = reader.number()
            else { return }
            clock.sampled(seconds * 1_000_000 + microseconds, sent: sent, received: .now())
        }
    }

    package func renewSubscriptions(because reason: String) { subscriber.reconnect(because: reason) }
}

extension ReplyReader {
    /// The next value if it is a string of decimal digits.
    fileprivate mutating func number() -> Int64? {
        string().flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}

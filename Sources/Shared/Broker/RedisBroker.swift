package import Logging
package import NIOCore

/// The broker that Redis carries: one pipelined connection for commands, one for subscriptions and, once jobs are taken, one that
/// blocks; all on one event loop.
///
/// A single Redis (≥ 6.2) or Valkey. Every script touches the keys of one request, which share a slot.
package final class RedisBroker: Broker {
    package let eventLoop: any EventLoop
    let client: RedisClient
    let subscriber: RedisSubscriber
    /// For commands that block, one at a time: a reader of jobs.
    let blocking: RedisClient
    let keys: RedisKeys
    let logger: Logger
    let recounts = RecountTimes()
    let clock = RedisClock()

    /// Begins to connect at once. Calls wait for the connection. Throws `RedisError` for settings that cannot work.
    package init(
        _ configuration: RedisConfiguration, on eventLoop: any EventLoop, keyPrefix: String = "", logger: Logger
    ) throws {
        self.eventLoop = eventLoop
        self.keys = RedisKeys(prefix: keyPrefix)
        self.logger = logger
        client = try RedisClient(configuration, on: eventLoop, scripts: RedisScripts.all, logger: logger)
        subscriber = try RedisSubscriber(configuration, on: eventLoop, logger: logger)
        blocking = try RedisClient(configuration, on: eventLoop, reconnecting: .onDemand, logger: logger)
    }

    /// Closes its connections. Calls under way fail with `unavailable`.
    package func close() async {
        blocking.close(grace: .zero)
        try? await client.close().get()
        try? await subscriber.close().get()
    }

    package func ping() -> EventLoopFuture<Void> {
        send("PING").map { _ in }
    }

    /// Sends a command; failures become `BrokerError`.
    func send(_ arguments: RedisArgument...) -> EventLoopFuture<RedisReply> {
        Self.translate(client.send(RedisCommand(arguments: arguments)))
    }

    /// Runs a script on the keys of `request`, and on others behind them: see `Scripts/base.lua`.
    func run(
        _ script: RedisScript, _ request: RequestID, and others: [RedisArgument] = [], _ arguments: [RedisArgument],
        urgent: Bool = false
    ) -> EventLoopFuture<RedisReply> {
        Self.translate(
            client.evaluate(
                script,
                keys: [
                    .string(keys.request(request)), .string(keys.log(request)), .string(keys.message(request.message)),
                ] + others,
                args: [.string(keys.feed(request)), .string(keys.stops(request))] + arguments, urgent: urgent))
    }

    static func translate<Value>(_ future: EventLoopFuture<Value>) -> EventLoopFuture<Value> {
        future.flatMapErrorThrowing { throw BrokerError(redis: $0) }
    }
}

extension BrokerError {
    /// What a failure of the Redis client means to those who know nothing of Redis.
    init(redis error: any Error) {
        guard let error = error as? RedisError else {
            if let error = error as? BrokerError {
                self = error
            } else {
                self.init(code: .unavailable, message: "Redis cannot be used", underlying: error)
            }
            return
        }
        switch error.code {
        case .connectionLost, .timeout, .closed, .connectFailed, .cancelled:
            self.init(code: .unavailable, message: "Redis cannot be reached", underlying: error)
        case .authenticationFailed:
            self.init(code: .unavailable, message: "Redis refuses the user or the password", underlying: error)
        case .redis(kind: "LOADING"), .redis(kind: "READONLY"), .redis(kind: "MASTERDOWN"), .redis(kind: "CLUSTERDOWN"),
            .redis(kind: "TRYAGAIN"), .redis(kind: "MISCONF"), .redis(kind: "BUSY"), .redis(kind: "NOREPLICAS"):
            self.init(code: .unavailable, message: "Redis cannot serve now", underlying: error)
        case .redis(kind: "OOM"), .queueFull, .tooManySubscriptions:
            self.init(code: .overloaded, message: "Redis or the way to it is full", underlying: error)
        case .redis, .protocolViolation, .invalidConfiguration, .unexpectedReply:
            self.init(code: .refused, message: "Redis refused", underlying: error)
        }
    }

    static func unexpected(_ what: String) -> BrokerError {
        BrokerError(code: .refused, message: "Redis holds or answered something else than \(what)")
    }
}

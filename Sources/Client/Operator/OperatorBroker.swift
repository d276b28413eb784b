import Logging
import NIOCore
import NIOPosix
import Shared

/// The operator's way to Redis: a broker for the length of a command.
enum OperatorBroker {
    /// Runs `body` with a broker, and closes it afterwards. Throws where Redis does not answer within `timeout`.
    static func with<Value: Sendable>(
        _ settings: ClientSettings, timeout: TimeAmount = .seconds(3), _ body: (any Broker) async throws -> Value
    ) async throws -> Value {
        let configuration = try RedisConfiguration(url: settings.redisURL, timeout: timeout)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let broker = try RedisBroker(
            configuration, on: eventLoop, keyPrefix: settings.keyPrefix,
            logger: Logger(label: "penstock", factory: { _ in SwiftLogNoOpLogHandler() }))
        let result: Result<Value, any Error>
        do {
            try await broker.ping().get()
            result = .success(try await body(broker))
        } catch {
            result = .failure(error)
        }
        await broker.close()
        return try result.get()
    }
}

extension RedisConfiguration {
    /// The configuration of a command, which would rather fail soon than wait long.
    init(url: String, timeout: TimeAmount) throws {
        try self.init(url: url)
        connectTimeout = timeout
        commandTimeout = timeout
        clientName = clientName ?? "penstock"
    }
}

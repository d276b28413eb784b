import Logging
import NIOCore
import NIOPosix
import Shared
import TestSupport

/// What the tests of the Redis client share: a loop, and the settings that make failures fast.
enum RedisTestCase {
    static let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func client(
        _ server: RedisServerProcess, scripts: [RedisScript] = [],
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        var configuration = server.configuration
        configuration.reconnectMaximum = .milliseconds(100)
        change(&configuration)
        return try RedisClient(configuration, on: loop, scripts: scripts, logger: logger)
    }

    static func subscriber(
        _ server: RedisServerProcess, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisSubscriber {
        var configuration = server.configuration
        configuration.reconnectMaximum = .milliseconds(100)
        change(&configuration)
        return try RedisSubscriber(configuration, on: loop, logger: logger)
    }

    static func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await loop.submit(body).get()
    }

    static func code(_ body: () async throws -> some Any) async -> RedisError.Code? {
        do {
            _ = try await body()
            return nil
        } catch let error as RedisError {
            return error.code
        } catch {
            return nil
        }
    }
}

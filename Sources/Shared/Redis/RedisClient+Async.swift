import NIOCore

extension RedisClient {
    /// Sends a command and awaits its reply. Cancelling the task does not take the command back: it is still sent, and awaited.
    package func call(_ command: RedisCommand, timeout: RedisTimeout = .standard) async throws(RedisError) -> RedisReply
    {
        try await Self.typed { try await self.send(command, timeout: timeout).get() }
    }

    /// Sends a command given by its arguments and awaits its reply.
    @discardableResult
    package func call(_ arguments: RedisArgument..., timeout: RedisTimeout = .standard) async throws(RedisError)
        -> RedisReply
    {
        try await call(RedisCommand(arguments: arguments), timeout: timeout)
    }

    static func typed<Value>(_ body: () async throws -> Value) async throws(RedisError) -> Value {
        do {
            return try await body()
        } catch let error as RedisError {
            throw error
        } catch {
            throw RedisError(.connectionLost, "the event loop of the Redis client failed", underlying: error)
        }
    }
}

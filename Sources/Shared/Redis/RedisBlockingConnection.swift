package import Logging
package import NIOCore

/// A connection of its own for a command that blocks, such as `XREADGROUP … BLOCK`, one at a time.
///
/// It connects when first used, and again when used after a failure. Another connection ends a blocked command early by
/// `CLIENT UNBLOCK` with `clientID()`. Cancelling the task that waits closes the connection, so that Redis gives nothing to
/// a reader who is gone, and throws `cancelled`; what Redis had given before stays in the group's pending list.
package final class RedisBlockingConnection: Sendable {
    private let client: RedisClient

    /// Throws `invalidConfiguration` when TLS cannot be set up. Must be closed.
    package init(_ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger) throws(RedisError) {
        client = try RedisClient(configuration, on: eventLoop, reconnecting: .onDemand, logger: logger)
    }

    /// Sends a command and awaits its reply. `timeout` should be longer than the command blocks, with room for the way; when it
    /// passes the connection is given up, as a server that does not answer by then is not there.
    @discardableResult
    package func send(_ command: RedisCommand, timeout: RedisTimeout) async throws(RedisError) -> RedisReply {
        if Task.isCancelled { throw RedisError(.cancelled, "cancelled before the command was sent") }
        do {
            let reply = try await withTaskCancellationHandler {
                let reply = client.send(command, timeout: timeout, urgent: true)
                // The handler below may have run before the command was sent.
                if Task.isCancelled { abandon() }
                return try await reply.get()
            } onCancel: {
                abandon()
            }
            return reply
        } catch let error as RedisError {
            if Task.isCancelled { throw RedisError(.cancelled, "the reader was cancelled", underlying: error) }
            throw error
        } catch {
            throw RedisError(.connectionLost, "the event loop of the Redis connection failed", underlying: error)
        }
    }

    private func abandon() {
        client.eventLoop.execute { self.client.abandon(RedisError(.cancelled, "the reader was cancelled")) }
    }

    /// Redis's number for the present connection, or nil when there is none or an ACL hides it. It changes with every connection.
    package func clientID() async -> Int? {
        try? await client.eventLoop.submit { self.client.clientID }.get()
    }

    /// Closes at once; a command that waits fails with `closed`.
    @discardableResult
    package func close() -> EventLoopFuture<Void> {
        client.close(grace: .zero)
    }
}

package import NIOCore
private import NIOPosix

/// Where a server listens in the end, known once it does; its port may have been left to the system.
package final class BoundAddress: Sendable {
    private let promise: EventLoopPromise<SocketAddress>

    package init() {
        promise = MultiThreadedEventLoopGroup.singleton.any().makePromise()
    }

    deinit { promise.fail(ChannelError.ioOnClosedChannel) }

    /// The server listens on `channel`. Later calls change nothing.
    package func resolve(_ channel: any Channel) {
        if let address = channel.localAddress {
            promise.succeed(address)
        } else {
            promise.fail(ChannelError.unknownLocalAddress)
        }
    }

    /// The server will not listen. Later calls change nothing.
    package func fail(_ error: any Error) { promise.fail(error) }

    /// Waits for the server. Throws what kept it from listening.
    package func get() async throws -> SocketAddress { try await promise.futureResult.get() }

    /// Waits for the server; its TCP port, or nil on a unix socket.
    package func port() async throws -> Int? { try await get().port }
}

import NIOCore
import NIOPosix

/// A server whose queue of connections is full, so that whoever connects gets no answer.
struct FullServer {
    private let channel: any Channel
    private let fillers: [EventLoopFuture<any Channel>]

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    static func start() async throws -> FullServer {
        let group = MultiThreadedEventLoopGroup.singleton
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0).serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        let fillers = (0..<4).map { _ in
            ClientBootstrap(group: group).connectTimeout(.milliseconds(500)).connect(to: address)
        }
        // The first two fill the queue; the others find it full.
        for filler in fillers { _ = try? await filler.get() }
        return FullServer(channel: channel, fillers: fillers)
    }

    func stop() async throws {
        for filler in fillers { try? await filler.get().close() }
        try await channel.close()
    }
}

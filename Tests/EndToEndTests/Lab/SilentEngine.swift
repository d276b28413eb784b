import NIOCore
import NIOPosix
import Synchronization

/// An engine that takes every connection, reads what it is asked, and never answers.
final class SilentEngine: Sendable {
    private let listener: any Channel
    private let counter: Counter

    init() async throws {
        let counter = Counter()
        self.counter = counter
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(counter: counter))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "http://127.0.0.1:\(listener.localAddress?.port ?? 0)/v1" }
    /// Connections on which something was asked.
    var asked: Int { counter.counts.withLock { $0.asked } }
    /// Those of them that the worker has closed.
    var left: Int { counter.counts.withLock { $0.left } }

    func close() async { try? await listener.close() }

    private final class Counter: Sendable {
        let counts = Mutex((asked: 0, left: 0))
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let counter: Counter
        private var isAsked = false

        init(counter: Counter) { self.counter = counter }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isAsked else { return }
            isAsked = true
            counter.counts.withLock { $0.asked += 1 }
        }

        func channelInactive(context: ChannelHandlerContext) {
            if isAsked { counter.counts.withLock { $0.left += 1 } }
        }
    }
}

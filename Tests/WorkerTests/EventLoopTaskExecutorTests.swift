import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct EventLoopTaskExecutorTests {
    /// A stop arrives over a connection of the loop on which generators run that never wait.
    @Test func tasksThatNeverWaitLeaveTheConnectionsTheirTurn() async throws {
        let turns = EventLoopTurns()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1, metricsDelegate: turns)
        let executor = EventLoopTaskExecutor(group.next(), turns: turns)
        let arrived = Shelf(false)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.pipeline.addHandler(Greeter()) }.bind(host: "127.0.0.1", port: 0).get()
        let rounds = await withTaskGroup(of: Int.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask(executorPreference: executor) {
                    var rounds = 0
                    while !arrived.content.withLock({ $0 }) {
                        rounds += 1
                        await Task.yield()
                    }
                    return rounds
                }
            }
            let client = try? await ClientBootstrap(group: group)
                .channelInitializer { $0.pipeline.addHandler(Listener { arrived.content.withLock { $0 = true } }) }
                .connect(to: server.localAddress!).get()
            let rounds = await tasks.reduce(into: []) { $0.append($1) }
            try? await client?.close()
            return rounds
        }
        #expect(rounds.count == 8 && rounds.allSatisfy { $0 > 0 })
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test func piecesRunInTheOrderTheyCame() async throws {
        let turns = EventLoopTurns()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1, metricsDelegate: turns)
        let executor = EventLoopTaskExecutor(group.next(), turns: turns)
        let order = Shelf<[Int]>([])
        await withTaskGroup { tasks in
            tasks.addTask(executorPreference: executor) {
                // Enqueued from the loop itself, one after the other, more than fit into a slice.
                await withTaskGroup { inner in
                    for number in 0..<1000 {
                        inner.addTask(executorPreference: executor) {
                            let end = NIODeadline.now() + .microseconds(5)
                            while NIODeadline.now() < end {}
                            order.content.withLock { $0.append(number) }
                        }
                    }
                }
            }
        }
        #expect(order.content.withLock { $0 } == Array(0..<1000))
        try await group.shutdownGracefully()
    }
}

/// Says something as soon as it is connected.
private final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: "stop")), promise: nil)
    }
}

/// Tells that something was said.
private final class Listener: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let heard: @Sendable () -> Void

    init(_ heard: @escaping @Sendable () -> Void) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard() }
}

private final class Shelf<Content: Sendable>: Sendable {
    let content: Mutex<Content>

    init(_ content: Content) { self.content = Mutex(content) }
}

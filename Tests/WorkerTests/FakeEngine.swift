import NIOCore
import NIOPosix
import Synchronization

@testable import Worker

/// A raw TCP server in the place of an engine: it says what the test tells it to, and sees when its peer closes.
final class FakeEngine: Sendable {
    private let channel: any Channel
    private let state: Mutex<State>

    private struct State {
        var connections: [any Channel] = []
        var received: [[UInt8]] = []
        var closed = 0
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    /// What was received on each connection.
    var received: [String] { state.withLock { $0.received.map { String(decoding: $0, as: UTF8.self) } } }

    /// Connections that were made, and those of them that the peer has closed.
    var connections: Int { state.withLock { $0.connections.count } }
    var closed: Int { state.withLock { $0.closed } }

    private init(_ channel: any Channel, _ box: StateBox) {
        self.channel = channel
        self.state = Mutex(State())
        box.engine.withLock { $0 = self }
    }

    private final class StateBox: Sendable {
        let engine = Mutex<FakeEngine?>(nil)
    }

    /// Listens on a free port.
    static func start() async throws -> FakeEngine {
        let box = StateBox()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(box: box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FakeEngine(channel, box)
    }

    func stop() async throws { try await channel.close() }

    /// Says something on the connection that was made last.
    func say(_ text: String) async throws {
        guard let channel = state.withLock({ $0.connections.last }) else { return }
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Ends the connection that was made last.
    func hangUp() async throws { try await state.withLock { $0.connections.last }?.close() }

    /// The head of a streamed answer that lasts until the connection is closed.
    static let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

    static func response(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func chunk(_ text: String) -> String {
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"}}]}\n\n"
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let box: StateBox
        private var number = 0

        init(box: StateBox) { self.box = box }

        private func update(_ body: (inout State) -> Void) {
            box.engine.withLock { $0 }?.state.withLock { body(&$0) }
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            update { state in
                number = state.connections.count
                state.connections.append(channel)
                state.received.append([])
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            update { $0.received[number] += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) { update { $0.closed += 1 } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

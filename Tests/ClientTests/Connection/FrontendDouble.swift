import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Shared
import Synchronization

@testable import FrontendClient

/// A tiny frontend in this process: upgrades, and answers as the test says.
final class FrontendDouble: Sendable {
    /// What happens on a connection.
    enum Happening: Sendable {
        case opened
        case event(ClientEvent)
        case frame(WebSocketOpcode, ByteBuffer)
        case closed
    }

    /// One connection; only to be used on its event loop, that is in the handler.
    struct Session: Sendable {
        let channel: any Channel
        /// Counts from 0.
        let number: Int

        func send(_ event: ServerEvent) {
            var encoder = ServerEventEncoder()
            send(.text, encoder.encode(event))
        }

        func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, fin: Bool = true) {
            channel.writeAndFlush(WebSocketFrame(fin: fin, opcode: opcode, data: data), promise: nil)
        }

        func close(_ code: UInt16, _ reason: String = "") {
            var data = ByteBuffer(integer: code)
            data.writeString(reason)
            send(.connectionClose, data)
        }
    }

    let url: FrontendURL
    private let server: any Channel
    private let heads: Box

    private final class Box: Sendable {
        let heads = Mutex<[HTTPRequestHead]>([])
        let count = Mutex(0)
    }

    /// Starts on a free port. `refusing`: answer upgrades with 401.
    init(
        refusing: Bool = false, _ handler: @escaping @Sendable (Session, Happening) -> Void
    ) async throws {
        let box = Box()
        heads = box
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
                        shouldUpgrade: { channel, head in
                            box.heads.withLock { $0.append(head) }
                            return channel.eventLoop.makeSucceededFuture(refusing ? nil : HTTPHeaders())
                        },
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture {
                                let number = box.count.withLock { count in
                                    defer { count += 1 }
                                    return count
                                }
                                let session = Session(channel: channel, number: number)
                                try channel.pipeline.syncOperations.addHandler(
                                    SessionHandler { handler(session, $0) })
                            }
                        })
                    let configuration = NIOTypedHTTPServerUpgradeConfiguration(upgraders: [upgrader]) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let head = HTTPResponseHead(
                                version: .http1_1, status: .unauthorized, headers: ["content-length": "0"])
                            channel.write(HTTPServerResponsePart.head(head), promise: nil)
                            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
                        }
                    }
                    _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                        configuration: .init(upgradeConfiguration: configuration))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        url = try FrontendURL("ws://127.0.0.1:\(server.localAddress?.port ?? 0)/ws")
    }

    /// The upgrade requests that came.
    var requests: [HTTPRequestHead] { heads.heads.withLock { $0 } }

    func close() async { try? await server.close() }

    private final class SessionHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame

        private let handler: (Happening) -> Void

        init(_ handler: @escaping (Happening) -> Void) { self.handler = handler }

        func handlerAdded(context: ChannelHandlerContext) {
            // The answer to the upgrade goes out first.
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.execute { bound.value.handler(.opened) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = Self.unwrapInboundIn(data)
            guard frame.opcode == .text else { return handler(.frame(frame.opcode, frame.unmaskedData)) }
            guard let event = try? ClientEventDecoder().decode(frame.unmaskedData) else { return }
            handler(.event(event))
        }

        func channelInactive(context: ChannelHandlerContext) { handler(.closed) }
    }
}

extension ServerEvent {
    static let ready = ServerEvent.connectionReady(
        ConnectionReady(clientID: "c", serverVersion: "test", capabilities: []))

    static func start(_ id: RequestID, _ session: SessionID, resumed: Bool? = nil) -> ServerEvent {
        .streamingStart(StreamingStart(requestID: id, messageID: id.message, sessionID: session, resumed: resumed))
    }

    static func chunk(_ id: RequestID, _ index: UInt64, _ text: String, attempt: UInt64 = 1) -> ServerEvent {
        .streamingChunk(
            StreamingChunk(
                requestID: id, messageID: id.message, cursor: EntryID(attempt: attempt, index: index),
                chunk: .init(content: text)))
    }

    static func complete(_ id: RequestID, _ reason: String, stop: StopIntent? = nil) -> ServerEvent {
        .streamingComplete(
            StreamingComplete(
                requestID: id, messageID: id.message,
                metadata: .init(isComplete: reason != "cancelled", finishReason: reason, usage: Usage(), stop: stop)))
    }

    static func stopped(_ stopID: RequestID, _ id: RequestID, _ outcome: StopOutcome = .stopped) -> ServerEvent {
        .success(CommandSuccess(requestID: stopID, result: .init(partialMessageID: id.message, outcome: outcome)))
    }
}

extension FrontendConnection.Options {
    /// A machine with much else to do is no failure.
    static var patient: Self {
        var options = Self()
        options.connectTimeout = .seconds(30)
        return options
    }
}

import FrontendClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Shared
import Synchronization

/// A frontend that passes on what a true one says, but for one lie, which it tells on every connection.
final class LyingFrontend: Sendable {
    enum Lie: String, Sendable, CaseIterable {
        case none
        /// The third chunk of each answer does not come.
        case dropsAChunk
        /// The third chunk of each answer comes twice.
        case repeatsAChunk
        /// The last chunk before each ending does not come.
        case dropsTheLastChunk
        /// Stops are acknowledged and not sent on.
        case swallowsStops
        /// Stops are acknowledged and not sent on; what comes afterwards is held back.
        case swallowsStopsAndFallsSilent
        /// A chunk that came before the acknowledgement of a stop comes behind it.
        case lateChunk
        /// Each ending comes twice.
        case endsTwice
        /// No ending comes.
        case neverEnds
        /// Stops are not answered.
        case doesNotAcknowledge
    }

    let url: FrontendURL
    private let server: any Channel

    /// Stands before `frontend`, on a free port.
    init(_ lie: Lie, before frontend: FrontendURL) async throws {
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
                        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture {
                                let session = Session(channel, lie)
                                try channel.pipeline.syncOperations.addHandler(ClientSide(session))
                                // Lives as long as the connection, which no caller awaits.
                                Task { await session.run(frontend) }
                            }
                        })
                    let configuration = NIOTypedHTTPServerUpgradeConfiguration(upgraders: [upgrader]) { channel in
                        channel.close()
                    }
                    _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                        configuration: .init(upgradeConfiguration: configuration))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        url = try FrontendURL("ws://127.0.0.1:\(server.localAddress?.port ?? 0)/ws")
    }

    func close() async { try? await server.close() }

    /// One client, and its connection to the true frontend.
    private final class Session: Sendable {
        private struct State {
            var connection: FrontendConnection?
            var waiting: [ClientEvent] = []
            var chunks: [RequestID: Int] = [:]
            var held: StreamingChunk?
            var isSilent = false
            var encoder = ServerEventEncoder()

            /// What was held back, and `event`.
            mutating func release(before event: ServerEvent) -> [ServerEvent] {
                defer { held = nil }
                return (held.map { [.streamingChunk($0)] } ?? []) + [event]
            }

            mutating func release(behind event: ServerEvent) -> [ServerEvent] { release(before: event).reversed() }
        }

        private let channel: any Channel
        private let lie: Lie
        private let state = Mutex(State())

        init(_ channel: any Channel, _ lie: Lie) {
            self.channel = channel
            self.lie = lie
        }

        func run(_ frontend: FrontendURL) async {
            guard let connection = try? await FrontendConnection.connect(frontend) else {
                return channel.close(promise: nil)
            }
            for event in state.withLock({ state in
                state.connection = connection
                defer { state.waiting = [] }
                return state.waiting
            }) { connection.post(event) }
            for await event in connection.events { send(heard(event)) }
            channel.close(promise: nil)
        }

        func ended() { state.withLock { $0.connection }?.cut() }

        /// The client said something.
        func said(_ event: ClientEvent) {
            if case .stop(let stop) = event.command, let request = stop.requestID {
                switch lie {
                case .swallowsStops, .swallowsStopsAndFallsSilent:
                    state.withLock { $0.isSilent = lie == .swallowsStopsAndFallsSilent }
                    return send([
                        .success(
                            CommandSuccess(
                                requestID: event.id, result: .init(partialMessageID: request.message, outcome: .stopped)
                            ))
                    ])
                default: break
                }
            }
            let connection = state.withLock { state in
                if state.connection == nil { state.waiting.append(event) }
                return state.connection
            }
            connection?.post(event)
        }

        /// What of the true frontend's word is passed on.
        private func heard(_ event: ServerEvent) -> [ServerEvent] {
            state.withLock { state in
                if state.isSilent { return [] }
                switch (event, lie) {
                case (.streamingChunk(let chunk), .dropsAChunk), (.streamingChunk(let chunk), .repeatsAChunk):
                    state.chunks[chunk.requestID, default: 0] += 1
                    guard state.chunks[chunk.requestID] == 3 else { return [event] }
                    return lie == .dropsAChunk ? [] : [event, event]
                case (.streamingChunk(let chunk), .dropsTheLastChunk), (.streamingChunk(let chunk), .lateChunk):
                    let before = state.held
                    state.held = chunk
                    return before.map { [.streamingChunk($0)] } ?? []
                case (.streamingComplete, .dropsTheLastChunk):
                    state.held = nil
                    return [event]
                case (.success, .lateChunk):
                    return state.release(behind: event)
                case (.streamingComplete, .lateChunk):
                    return state.release(before: event)
                case (.streamingComplete, .endsTwice): return [event, event]
                case (.streamingComplete, .neverEnds): return []
                case (.success, .doesNotAcknowledge): return []
                default: return [event]
                }
            }
        }

        private func send(_ events: [ServerEvent]) {
            for event in events {
                let data = state.withLock { $0.encoder.encode(event) }
                channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: data), promise: nil)
            }
        }
    }

    /// What the client says.
    private final class ClientSide: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame

        private let session: Session

        init(_ session: Session) { self.session = session }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = Self.unwrapInboundIn(data)
            guard frame.opcode == .text, let event = try? ClientEventDecoder().decode(frame.unmaskedData) else {
                return
            }
            session.said(event)
        }

        func channelInactive(context: ChannelHandlerContext) { session.ended() }
    }
}

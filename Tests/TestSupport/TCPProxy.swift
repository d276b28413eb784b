private import NIOCore
private import NIOPosix
package import Shared
private import Synchronization

/// Stands between a test's clients and a server, and treats their connections as a bad network would.
///
/// What it does to a connection is decided when bytes pass, so it changes under connections that stand. A connection over which
/// a client of Redis has subscribed to something is known as such, so that a test can make deaf what carries stops and nothing else.
package final class TCPProxy: Sendable {
    /// Whose bytes.
    package enum Direction: Hashable, Sendable { case toServer, toClient }

    /// Which connections.
    package enum Selection: Hashable, Sendable {
        case all
        /// Those over which something was subscribed.
        case subscribers
        /// Those over which nothing was.
        case others
    }

    private struct State {
        /// Bytes that vanish, though the connection stays open.
        var holes: [Direction: Selection] = [:]
        /// Bytes that wait.
        var stalls: [Direction: Selection] = [:]
        /// Whether new connections are closed at once.
        var refuses = false
        var target: SocketAddress
        var accepted = 0
        var swallowed = 0
        var links: [ObjectIdentifier: Link] = [:]
    }

    private let state: Mutex<State>
    private let listener: any Channel
    /// Where clients connect.
    package let port: Int

    /// A proxy on a free port of the loopback interface, for a server on another one there.
    package init(to port: Int) async throws {
        let target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        state = Mutex(State(target: target))
        let accept = Accept()
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { accept.proxy?.accepted($0) ?? $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        self.port = port
        accept.proxy = self
    }

    package var configuration: RedisConfiguration { RedisConfiguration(address: .tcp(host: "127.0.0.1", port: port)) }

    /// From now on bytes in this direction vanish. Whoever sent them hears nothing of it.
    package func swallow(_ direction: Direction, of selection: Selection = .all) {
        state.withLock { $0.holes[direction] = selection }
    }

    /// From now on bytes in this direction wait until it heals, as on a network that has lost its way.
    package func stall(_ direction: Direction, of selection: Selection = .all) {
        state.withLock { $0.stalls[direction] = selection }
    }

    /// Bytes pass again, those that waited first. Those that vanished are gone.
    package func heal() {
        let links = state.withLock { state in
            state.holes = [:]
            state.stalls = [:]
            state.refuses = false
            return Array(state.links.values)
        }
        for link in links { link.flow() }
    }

    /// The same, but connections over which bytes vanished are cut: TCP never goes on behind a gap.
    package func healWithoutGaps() {
        for link in state.withLock({ state in state.links.values.filter(\.breakIfItLost) }) { link.close() }
        heal()
    }

    /// Cuts connections that stand. New ones are let in.
    package func cut(_ selection: Selection = .all) {
        for link in state.withLock({ state in state.links.values.filter { $0.isOf(selection) } }) { link.close() }
    }

    /// Cuts everything, and lets nobody in.
    package func refuse() {
        state.withLock { $0.refuses = true }
        cut()
    }

    /// How many reads have vanished so far, each with a message or more.
    package var swallowed: Int { state.withLock { $0.swallowed } }

    /// Connections made so far.
    package var accepted: Int { state.withLock { $0.accepted } }

    package func close() async {
        try? await listener.close().get()
        cut()
    }

    private func accepted(_ client: any Channel) -> EventLoopFuture<Void> {
        let (target, refuses) = state.withLock { state in
            state.accepted += 1
            return (state.target, state.refuses)
        }
        guard !refuses else { return client.close() }
        let link = Link(client)
        state.withLock { $0.links[ObjectIdentifier(link)] = link }
        client.closeFuture.whenComplete { [weak self] _ in
            link.close()
            self?.state.withLock { _ = $0.links.removeValue(forKey: ObjectIdentifier(link)) }
        }
        return ClientBootstrap(group: client.eventLoop).channelInitializer { server in
            link.server.withLock { $0 = server }
            return server.eventLoop.makeCompletedFuture {
                try server.pipeline.syncOperations.addHandler(Pipe(.toClient, link, to: client, self))
                try client.pipeline.syncOperations.addHandler(Pipe(.toServer, link, to: server, self))
            }
        }.connect(to: target).map { server in
            server.closeFuture.whenComplete { _ in link.close() }
        }
    }

    fileprivate enum Fate { case passes, vanishes, waits }

    fileprivate func fate(_ direction: Direction, _ link: Link) -> Fate {
        state.withLock { state in
            if link.isBroken { return .vanishes }
            if let hole = state.holes[direction], link.isOf(hole) {
                link.hasLost = true
                state.swallowed += 1
                return .vanishes
            }
            return state.stalls[direction].map(link.isOf) ?? false ? .waits : .passes
        }
    }
}

/// What the listener knows of its proxy. `@unchecked Sendable`: set once, before anybody connects.
private final class Accept: @unchecked Sendable {
    weak var proxy: TCPProxy?
}

/// A client and its connection to the server.
private final class Link: Sendable {
    let client: any Channel
    let server = Mutex<(any Channel)?>(nil)
    let isSubscriber = Atomic(false)
    private let pipes = Mutex<[Pipe.Flow]>([])
    private let lost = Atomic(false)
    private let broken = Atomic(false)

    /// Whether bytes vanished here.
    var hasLost: Bool {
        get { lost.load(ordering: .relaxed) }
        set { lost.store(newValue, ordering: .relaxed) }
    }
    /// Whether nothing passes any more.
    var isBroken: Bool { broken.load(ordering: .relaxed) }
    /// Lets nothing pass any more where bytes vanished. Returns whether they did.
    var breakIfItLost: Bool {
        if hasLost { broken.store(true, ordering: .relaxed) }
        return hasLost
    }

    func add(_ flow: Pipe.Flow) { pipes.withLock { $0.append(flow) } }
    func flow() { for pipe in pipes.withLock({ $0 }) { pipe.go() } }

    init(_ client: any Channel) { self.client = client }

    func isOf(_ selection: TCPProxy.Selection) -> Bool {
        switch selection {
        case .all: true
        case .subscribers: isSubscriber.load(ordering: .relaxed)
        case .others: !isSubscriber.load(ordering: .relaxed)
        }
    }

    func close() {
        pipes.withLock { $0 = [] }
        client.close(promise: nil)
        server.withLock { $0 }?.close(promise: nil)
    }
}

/// Passes on what is read, or not.
private final class Pipe: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let direction: TCPProxy.Direction
    private let link: Link
    private let other: any Channel
    private let proxy: TCPProxy
    private var context: ChannelHandlerContext?
    private var waiting: [ByteBuffer] = []
    private var isReadDue = false

    init(_ direction: TCPProxy.Direction, _ link: Link, to other: any Channel, _ proxy: TCPProxy) {
        self.direction = direction
        self.link = link
        self.other = other
        self.proxy = proxy
    }

    /// Lets a pipe go on from another thread.
    struct Flow: Sendable {
        let eventLoop: any EventLoop
        let pipe: NIOLoopBound<Pipe>

        func go() { eventLoop.execute { pipe.value.go() } }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        link.add(Flow(eventLoop: context.eventLoop, pipe: NIOLoopBound(self, eventLoop: context.eventLoop)))
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// While bytes wait, no more are read: so their sender feels it, as it would.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { isReadDue = true }
    }

    private func go() {
        for bytes in waiting { other.write(bytes, promise: nil) }
        waiting = []
        other.flush()
        guard isReadDue else { return }
        isReadDue = false
        context?.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if direction == .toServer, String(buffer: bytes).contains("\r\nSUBSCRIBE\r\n") {
            link.isSubscriber.store(true, ordering: .relaxed)
        }
        switch proxy.fate(direction, link) {
        case .passes: other.writeAndFlush(bytes, promise: nil)
        case .waits: waiting.append(bytes)
        case .vanishes: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { link.close() }
}

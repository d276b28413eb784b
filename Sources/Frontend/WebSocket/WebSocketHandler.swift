package import NIOCore

/// One WebSocket, from the upgrade to the end: bytes in, whole messages to the session; frames of the session out.
///
/// Inbound it answers pings, refuses what RFC 6455 refuses, and never holds more than one message. Outbound it writes header
/// and payload of all frames of one turn of the event loop into one buffer, and flushes it once, when the flusher
/// of the loop says so. Bound to its channel's event loop.
package final class WebSocketHandler: ChannelDuplexHandler, WebSocketConnection {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = Never
    package typealias OutboundOut = ByteBuffer

    package struct Configuration: Hashable, Sendable {
        /// Inclusive, for a frame and for a message.
        var maximumMessageBytes = 8 * 1024 * 1024
        package var pingInterval = TimeAmount.seconds(30)
        /// How long the peer may take to answer our close.
        var closeTimeout = TimeAmount.seconds(5)
        var outbound = OutboundQueue.Limits()
        /// How fast messages and pings of the peer are read; nil: as they come.
        var eventRate: RateLimiter.Limit?

        /// What applies where nothing else is set.
        package static let standard = Configuration()
    }

    enum State: Hashable {
        case open
        /// Our close is queued.
        case closing(Closing)
        case closed
    }

    /// What follows our close.
    enum Closing: Hashable {
        /// The peer's.
        case awaitingPeer
        /// The end of the connection: the peer's close came before.
        case answered
        /// The end of our side: the peer broke the protocol. What it still sends is passed over, so that our close
        /// reaches it, which a reset could destroy.
        case failed
    }

    let configuration: Configuration
    let session: any WebSocketSession
    let metrics: FrontendMetrics
    let connections: ConnectionCount
    let flusher: OutboundFlusher
    var state = State.open
    var context: ChannelHandlerContext?
    var queue: OutboundQueue
    /// Frames that have not been given to the channel.
    var outbound = ByteBuffer()
    /// What the last flush wrote, up to the bytes of one write: the next is expected to be as long.
    var lastFlushBytes = 0
    var flushPlan = FlushPlan.none
    var lastFlush: NIODeadline?
    package internal(set) var writes = 0
    /// What its event loop counts.
    var streamMetrics: StreamMetrics?
    var heartbeat: Scheduled<Void>?
    var closeTimer: Scheduled<Void>?
    private var assembler: WebSocketAssembler
    private var readIsHeld = false
    private var inboundRate = RateLimiter()
    /// Runs until what came too fast is made up for. Nothing is read meanwhile.
    private var paceTimer: Scheduled<Void>?
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    /// When the last ping was sent; before the first, when the connection was opened.
    private var pingSent = NIODeadline.uptimeNanoseconds(0)
    private var awaitsPong = false

    package init(
        session: any WebSocketSession, configuration: Configuration, connections: ConnectionCount,
        flusher: OutboundFlusher, metrics: FrontendMetrics
    ) {
        self.connections = connections
        self.flusher = flusher
        self.session = session
        self.configuration = configuration
        self.metrics = metrics
        self.queue = OutboundQueue(limits: configuration.outbound)
        self.assembler = WebSocketAssembler(maximumBytes: configuration.maximumMessageBytes)
    }

    // MARK: The channel

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastHeard = context.eventLoop.now
        pingSent = lastHeard
        connections.opened()
        streamMetrics = metrics.streams(on: context.eventLoop)
        metrics.connectionOpened(open: connections.current)
        scheduleHeartbeat(context)
        session.opened(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { finish() }

    package func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket failed (a reset, most often): there is nobody left to tell.
        context.close(promise: nil)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: close(.goingAway, reason: "this frontend drains")
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func read(context: ChannelHandlerContext) {
        if queue.pausesReads || paceTimer != nil, state == .open {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    /// Reads again once what waits has become less.
    func releaseRead() {
        guard readIsHeld, !(queue.pausesReads || paceTimer != nil) || state != .open else { return }
        readIsHeld = false
        lastHeard = context?.eventLoop.now ?? lastHeard
        context?.read()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = Self.unwrapInboundIn(data)
        lastHeard = context.eventLoop.now
        while state != .closed, let event = assembler.next(&input) { handle(event) }
    }

    /// The peer said something. Who says too much at once is read no faster than is allowed; nothing is lost or refused by that, so a stop
    /// comes through whatever is said beside it.
    private func pace() {
        guard let limit = configuration.eventRate, let context else { return }
        inboundRate.takeAnyway(limit, now: Int64(context.eventLoop.now.uptimeNanoseconds))
        holdReads(limit, context)
    }

    private func holdReads(_ limit: RateLimiter.Limit, _ context: ChannelHandlerContext) {
        let debt = inboundRate.debt(limit, now: Int64(context.eventLoop.now.uptimeNanoseconds))
        guard debt > 0, paceTimer == nil else { return }
        metrics.readsHeld()
        paceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(debt)) { [weak self] in
            guard let self, let context = self.context else { return }
            self.paceTimer = nil
            self.holdReads(limit, context)
            self.releaseRead()
        }
    }

    package func limitMessages(to bytes: Int?) {
        assembler.maximumBytes = min(bytes ?? .max, configuration.maximumMessageBytes)
    }

    private func handle(_ event: WebSocketAssembler.Event) {
        switch event {
        case .text, .binary, .ping: pace()
        case .pong, .close, .failed: break
        }
        switch event {
        case .text(let text): if state == .open { session.received(text: text) }
        case .binary(let bytes): if state == .open { session.received(binary: bytes) }
        case .ping(let payload):
            send(.pong, length: payload.readableBytes, urgent: true) { $0.writeImmutableBuffer(payload) }
        case .pong: break
        case .close(let code): peerClosed(code)
        case .failed(let code, let reason): fail(code, reason: reason)
        }
    }

    // MARK: Time

    private func scheduleHeartbeat(_ context: ChannelHandlerContext) {
        let period = min(configuration.pingInterval.nanoseconds, configuration.outbound.stallTimeout) / 3
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(period)) { [weak self] in
            guard let self, let context = self.context, self.state == .open else { return }
            self.beat(now: context.eventLoop.now)
            self.scheduleHeartbeat(context)
        }
    }

    private func beat(now: NIODeadline) {
        if let deadline = queue.stallDeadline, Int64(now.uptimeNanoseconds) >= deadline {
            metrics.slowClientClosed()
            return close(.slowClient, reason: "slow client", then: .awaitingPeer, timeout: .seconds(1))
        }
        guard now - pingSent >= configuration.pingInterval else { return }
        // While bytes wait, the ping may be among them: how long they may is the queue's to say.
        guard queue.waiting == 0 else { return }
        if awaitsPong, lastHeard < pingSent, !readIsHeld {
            return close(.pingTimeout, reason: "no answer to a ping", then: .awaitingPeer, timeout: .seconds(1))
        }
        pingSent = now
        awaitsPong = true
        send(.ping, length: 0, urgent: true) { _ in }
    }

    private func finish() {
        guard state != .closed else { return }
        state = .closed
        heartbeat?.cancel()
        closeTimer?.cancel()
        paceTimer?.cancel()
        context = nil
        outbound = ByteBuffer()
        connections.closed()
        streamMetrics?.outboundChanged(by: -queue.waiting)
        metrics.connectionClosed(open: connections.current)
        session.closed()
    }
}

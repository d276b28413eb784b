import NIOCore
import NIOWebSocket
import Shared
import Synchronization

/// The client's end of a WebSocket: whole messages in, client events out, pings, close codes, and reading only on demand.
///
/// Bound to the event loop of its channel. Stands behind the frame coders and the aggregator.
final class FrontendChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    private let silence: TimeAmount
    private let source: FrontendEvents.Producer.Source
    private let decoder = ServerEventDecoder()
    private var context: ChannelHandlerContext?
    private var closedPromise: EventLoopPromise<CloseStatus>?
    private var status: CloseStatus?
    private var isClosing = false
    private var wantsEvents = true
    private var heldRead = false
    private var heardSinceTick = true
    private var isPinged = false
    private var watch: RepeatedTask?

    init(source: FrontendEvents.Producer.Source, silence: TimeAmount) {
        self.source = source
        self.silence = silence
    }

    /// Completes with the end of the connection.
    var closed: EventLoopFuture<CloseStatus> { closedPromise!.futureResult }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        closedPromise = context.eventLoop.makePromise()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleRepeatedTask(initialDelay: silence, delay: silence) { _ in
            bound.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOWebSocketError:
            close(CloseStatus(code: Self.closeCode(of: error), reason: "\(error)"))
        case is NIOWebSocketFrameAggregator.Error: close(CloseStatus(code: 1009, reason: "a message was too long"))
        default:
            if status == nil { status = .lost("\(error)") }
            context.close(promise: nil)
        }
    }

    private static func closeCode(of error: NIOWebSocketError) -> UInt16 {
        error == .invalidFrameLength ? 1009 : 1002
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        heardSinceTick = true
        switch frame.opcode {
        case .text: received(frame.unmaskedData)
        case .ping:
            write(opcode: .pong, frame.unmaskedData, promise: nil)
        case .connectionClose: receivedClose(frame.unmaskedData)
        case .binary: close(CloseStatus(code: 1003, reason: "only text frames are of the protocol"))
        default: break
        }
    }

    func read(context: ChannelHandlerContext) {
        guard wantsEvents || isClosing else { return heldRead = true }
        context.read()
    }

    private func received(_ message: ByteBuffer) {
        guard !isClosing else { return }
        let event: ReceivedServerEvent?
        do {
            event = try decoder.decode(message)
        } catch {
            return close(CloseStatus(code: 1007, reason: "an event could not be read"))
        }
        guard let event else { return }
        switch source.yield(event.event) {
        case .produceMore: break
        case .stopProducing: wantsEvents = false
        case .dropped: close(CloseStatus(code: 1000))
        }
    }

    private func receivedClose(_ payload: ByteBuffer) {
        var payload = payload
        let received =
            payload.readInteger(as: UInt16.self).map { code in
                CloseStatus(code: code, reason: String(buffer: payload))
            } ?? .empty
        if status == nil { status = received }
        if !isClosing { writeClose(received) }
        context?.close(promise: nil)
    }

    /// The consumer asks for more.
    fileprivate func resumeReading() {
        wantsEvents = true
        guard heldRead else { return }
        heldRead = false
        context?.read()
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let frame = WebSocketFrame(
            fin: true, opcode: .text, maskKey: .random(), data: Self.unwrapOutboundIn(data))
        context.write(Self.wrapOutboundOut(frame), promise: promise)
    }

    private func write(opcode: WebSocketOpcode, _ data: ByteBuffer, promise: EventLoopPromise<Void>?) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context?.writeAndFlush(Self.wrapOutboundOut(frame), promise: promise)
    }

    private func writeClose(_ status: CloseStatus) {
        isClosing = true
        var payload = ByteBuffer()
        if (1000...1003).contains(status.code) || (1007...4999).contains(status.code) {
            payload.writeInteger(status.code)
            payload.writeString(status.reason.truncated(toBytes: 120))
        }
        write(opcode: .connectionClose, payload, promise: nil)
    }

    /// Begins the closing handshake; without an answer the connection is cut a second later.
    func close(_ status: CloseStatus) {
        guard !isClosing, let context else { return }
        if self.status == nil { self.status = status }
        writeClose(status)
        resumeReading()
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.context?.close(promise: nil) }
    }

    // MARK: Watching

    private func tick() {
        // While reading is held back by the consumer, silence says nothing about the frontend.
        if heardSinceTick || !wantsEvents {
            heardSinceTick = false
            isPinged = false
            return
        }
        guard !isPinged else {
            if status == nil { status = .lost("the frontend is silent") }
            context?.close(promise: nil)
            return
        }
        isPinged = true
        write(opcode: .ping, ByteBuffer(), promise: nil)
    }

    private func ended() {
        guard context != nil else { return }
        context = nil
        watch?.cancel()
        source.finish()
        closedPromise?.succeed(status ?? .lost("the connection broke"))
    }

    /// Carries the consumer's demand to the event loop.
    ///
    /// It is made before the channel is, so the handler is set afterwards, once, before the first event can be produced.
    final class Demand: NIOAsyncSequenceProducerDelegate, Sendable {
        private let handler = Mutex<NIOLoopBound<FrontendChannelHandler>?>(nil)

        func bind(_ handler: NIOLoopBound<FrontendChannelHandler>) { self.handler.withLock { $0 = handler } }

        func produceMore() { onLoop { $0.resumeReading() } }

        func didTerminate() { onLoop { $0.close(CloseStatus(code: 1000)) } }

        private func onLoop(_ work: @escaping @Sendable (FrontendChannelHandler) -> Void) {
            guard let handler = handler.withLock({ $0 }) else { return }
            handler.eventLoop.execute { work(handler.value) }
        }
    }
}

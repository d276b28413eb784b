import NIOCore
import NIOHTTP1

/// Looks at the first request of a connection, and makes the connection a WebSocket or leaves it to HTTP. Then it is gone.
///
/// In NIO's own upgrade handler a request that names a protocol it does not get (`Upgrade: h2c`, or a WebSocket that is refused)
/// is lost; here it is answered. A connection that brings no request in time is closed.
final class WebSocketUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case awaitingHead
        /// The request is admitted; its end is to come.
        case awaitingEnd(HTTPRequestHead, WebSocketAdmission.Speaker)
        /// The pipeline is being changed. What comes are bytes behind the request.
        case upgrading([NIOAny])
        case finished
    }

    private let upgrade: WebSocketUpgrade
    private let decoder: any RemovableChannelHandler
    private let encoder: any RemovableChannelHandler
    private let headTimeout: TimeAmount
    private let configureHTTP: (any Channel) throws -> WebSocketChannel.Connection
    private let promise: EventLoopPromise<WebSocketChannel.Connection>
    private var state = State.awaitingHead
    private var timer: Scheduled<Void>?

    /// `decoder` and `encoder` are HTTP's, which a WebSocket has no use for; `configureHTTP` adds what HTTP needs besides.
    /// `promise` is told what has become of the connection.
    init(
        upgrade: WebSocketUpgrade, decoder: any RemovableChannelHandler, encoder: any RemovableChannelHandler,
        headTimeout: TimeAmount, promise: EventLoopPromise<WebSocketChannel.Connection>,
        configureHTTP: @escaping (any Channel) throws -> WebSocketChannel.Connection
    ) {
        self.upgrade = upgrade
        self.decoder = decoder
        self.encoder = encoder
        self.headTimeout = headTimeout
        self.promise = promise
        self.configureHTTP = configureHTTP
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: headTimeout) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        promise.fail(ChannelError.ioOnClosedChannel)  // Where nothing became of it.
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .awaitingHead:
            if case .head(let head) = unwrapInboundIn(data), let speaker = upgrade.admits(head) {
                state = .awaitingEnd(head, speaker)
            } else {
                leaveToHTTP(context, data)
            }
        case .awaitingEnd(let head, let speaker):
            guard case .end = unwrapInboundIn(data) else { return context.close(promise: nil) }
            state = .upgrading([])
            begin(head, speaker, context)
        case .upgrading(let buffered):
            state = .upgrading(buffered + [data])
        case .finished:
            context.fireChannelRead(data)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .awaitingHead = state, error is HTTPParserError else { return context.fireErrorCaught(error) }
        // HTTP answers what is not HTTP.
        do {
            try finish(.success(configureHTTP(context.channel)), context)
            context.fireErrorCaught(error)
        } catch {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event) {
        case (.finished, _): context.fireUserInboundEventTriggered(event)
        case (_, ChannelEvent.inputClosed), (_, is ChannelShouldQuiesceEvent): context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func leaveToHTTP(_ context: ChannelHandlerContext, _ first: NIOAny) {
        do {
            try finish(.success(configureHTTP(context.channel)), context)
            context.fireChannelRead(first)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func begin(
        _ head: HTTPRequestHead, _ speaker: WebSocketAdmission.Speaker, _ context: ChannelHandlerContext
    ) {
        let pipeline = context.pipeline.syncOperations
        let channel = context.channel
        upgrade.handshake(head, on: channel).assumeIsolated().flatMap { headers in
            pipeline.removeHandler(self.decoder).assumeIsolated().map { headers }.nonisolated()
        }.flatMap { headers -> EventLoopFuture<Void> in
            var response = HTTPResponseHead(version: .http1_1, status: .switchingProtocols)
            response.headers = headers
            return context.writeAndFlush(self.wrapOutboundOut(.head(response)))
        }.flatMap {
            pipeline.removeHandler(self.encoder)
        }.whenComplete { result in
            guard case .success = result, let handler = self.upgrade.handler(head, speaker, on: channel) else {
                return context.close(promise: nil)
            }
            self.becomeWebSocket(handler, context)
        }
    }

    private func becomeWebSocket(_ handler: WebSocketHandler, _ context: ChannelHandlerContext) {
        guard case .upgrading(let buffered) = state, context.channel.isActive else {
            return context.close(promise: nil)
        }
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        finish(.success(.webSocket), context)
        for data in buffered { context.fireChannelRead(data) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func finish(_ result: Result<WebSocketChannel.Connection, any Error>, _ context: ChannelHandlerContext) {
        state = .finished
        timer?.cancel()
        promise.completeWith(result)
    }
}

import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Sets up one accepted connection: HTTP/1.1, until its first request makes it a WebSocket.
struct WebSocketChannel: ServerChildChannel, HTTPChannelHandler {
    /// What a connection has become.
    enum Connection: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        /// It lives in its channel handlers from here on.
        case webSocket
    }

    struct Value: ServerChildChannelValue {
        let connection: EventLoopFuture<Connection>
        let channel: any Channel
    }

    let responder: HTTPChannelHandler.Responder
    let upgrade: WebSocketUpgrade
    let idleTimeout: Duration

    /// How long a connection may take to bring its first request.
    private static let headTimeout = TimeAmount.seconds(30)

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let encoder = HTTPResponseEncoder()
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = 16 * 1024
            limits.maxHeaderListSize = 32 * 1024
            limits.maxHeaderFieldCount = 128
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
            let connection = channel.eventLoop.makePromise(of: Connection.self)
            let upgradeHandler = WebSocketUpgradeHandler(
                upgrade: upgrade, decoder: decoder, encoder: encoder, headTimeout: Self.headTimeout,
                promise: connection
            ) { [idleTimeout] channel in
                try channel.pipeline.syncOperations.addHandlers(
                    HTTP1ToHTTPServerCodec(secure: false),
                    HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
                return .http(
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)))
            }
            try channel.pipeline.syncOperations.addHandlers(encoder, decoder, upgradeHandler)
            return Value(connection: connection.futureResult, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        guard case .http(let channel) = try? await value.connection.get() else { return }
        await handleHTTP(asyncChannel: channel, logger: logger)
    }
}

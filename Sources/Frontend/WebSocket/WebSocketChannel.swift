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

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let upgradeConfiguration = NIOTypedHTTPServerUpgradeConfiguration<Connection>(
                upgraders: [upgrade],
                notUpgradingCompletionHandler: { [idleTimeout] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            HTTP1ToHTTPServerCodec(secure: false),
                            HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
                        return .http(
                            try NIOAsyncChannel(
                                wrappingChannelSynchronously: channel,
                                configuration: .init(isOutboundHalfClosureEnabled: true)))
                    }
                })
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: upgradeConfiguration)
            configuration.enablePipelining = false  // NIOAsyncChannel takes requests one by one.
            configuration.enableErrorHandling = false  // handleHTTP answers what cannot be parsed.
            configuration.enableResponseHeaderValidation = false  // HTTPTypes has done it.
            configuration.decoderConfiguration.maxHeaderFieldSize = 16 * 1024
            configuration.decoderConfiguration.maxHeaderListSize = 32 * 1024
            configuration.decoderConfiguration.maxHeaderFieldCount = 128
            return Value(
                connection: try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                    configuration: configuration),
                channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        guard case .http(let channel) = try? await value.connection.get() else { return }
        await handleHTTP(asyncChannel: channel, logger: logger)
    }
}

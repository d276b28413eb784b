import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Turns a request into a WebSocket, where `WebSocketAdmission` lets it. The handshake is NIO's, the frames are ours.
final class WebSocketUpgrade: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = WebSocketChannel.Connection

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    private let admission: WebSocketAdmission
    private let makeHandler: @Sendable (any Channel, WebSocketAdmission.Endpoint, Identity) -> WebSocketHandler

    /// `makeHandler` is called on the event loop of the channel.
    init(
        admission: WebSocketAdmission,
        makeHandler: @escaping @Sendable (any Channel, WebSocketAdmission.Endpoint, Identity) -> WebSocketHandler
    ) {
        self.admission = admission
        self.makeHandler = makeHandler
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        let admission = admission
        let handshake = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                switch admission.judge(WebSocketAdmission.Request(head)) {
                case .admitted:
                    var headers = HTTPHeaders()
                    if let chosen = WebSocketAdmission.subprotocol(
                        offered: head.headers[canonicalForm: "Sec-WebSocket-Protocol"])
                    {
                        headers.add(name: "Sec-WebSocket-Protocol", value: chosen)
                    }
                    return channel.eventLoop.makeSucceededFuture(headers)
                case .refused:
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        return handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(
        channel: any Channel, upgradeRequest: HTTPRequestHead
    ) -> EventLoopFuture<WebSocketChannel.Connection> {
        channel.eventLoop.makeCompletedFuture {
            let request = WebSocketAdmission.Request(upgradeRequest)
            guard let endpoint = admission.endpoint(path: request.path) else {
                throw ChannelError.inappropriateOperationForState
            }
            let identity = admission.identity(of: request)
            try channel.pipeline.syncOperations.addHandler(makeHandler(channel, endpoint, identity))
            return .webSocket
        }
    }
}

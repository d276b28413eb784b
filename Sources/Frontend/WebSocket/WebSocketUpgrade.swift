import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Turns a request into a WebSocket, where `WebSocketAdmission` lets it. The handshake is NIO's, the frames are ours.
struct WebSocketUpgrade: Sendable {
    let admission: WebSocketAdmission
    /// Called on the event loop of the channel.
    let makeHandler:
        @Sendable (any Channel, WebSocketAdmission.Endpoint, WebSocketAdmission.Speaker) -> WebSocketHandler

    /// Who speaks on the WebSocket that the request becomes; nil where it becomes none. One that asks for it and may not is
    /// answered over HTTP.
    func admits(_ head: HTTPRequestHead) -> WebSocketAdmission.Speaker? {
        guard head.method == .GET, head.version == .http1_1,
            head.headers[canonicalForm: "Connection"].contains(where: { $0.lowercased() == "upgrade" })
        else { return nil }
        guard case .admitted(let speaker) = admission.judge(WebSocketAdmission.Request(head)) else { return nil }
        return speaker
    }

    /// The headers of the answer that makes an admitted request a WebSocket (RFC 6455, section 4.2.2).
    func handshake(_ head: HTTPRequestHead, on channel: any Channel) -> EventLoopFuture<HTTPHeaders> {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                var headers = HTTPHeaders()
                let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
                if let chosen = WebSocketAdmission.subprotocol(offered: offered) {
                    headers.add(name: "Sec-WebSocket-Protocol", value: chosen)
                }
                return channel.eventLoop.makeSucceededFuture(headers)
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        return upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders())
    }

    /// The handler of the WebSocket that `head` asked for; nil where there is none.
    func handler(
        _ head: HTTPRequestHead, _ speaker: WebSocketAdmission.Speaker, on channel: any Channel
    ) -> WebSocketHandler? {
        admission.endpoint(path: WebSocketAdmission.Request(head).path).map { makeHandler(channel, $0, speaker) }
    }
}

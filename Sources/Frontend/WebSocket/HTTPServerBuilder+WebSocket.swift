import HummingbirdCore

extension HTTPServerBuilder {
    /// An HTTP/1.1 server whose connections can become WebSockets by their first request.
    static func webSocketUpgrade(_ upgrade: WebSocketUpgrade, idleTimeout: Duration) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            WebSocketChannel(responder: responder, upgrade: upgrade, idleTimeout: idleTimeout)
        }
    }
}

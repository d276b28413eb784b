package import NIOCore

/// What speaks with a client over a WebSocket. Every method is called on the connection's event loop.
package protocol WebSocketSession: AnyObject {
    /// The connection is open. The session may send from here on.
    func opened(_ connection: any WebSocketConnection)
    /// A whole text message, which is UTF-8.
    func received(text: ByteBuffer)
    /// A whole binary message.
    func received(binary: ByteBuffer)
    /// Too much waits for the client: the session sends nothing that can wait…
    func outboundPaused()
    /// …until here.
    func outboundResumed()
    /// The connection is over; nothing can be sent. Called once, and last.
    func closed()
}

/// The sending side of a connection, as a session sees it. Bound to its event loop.
package protocol WebSocketConnection: AnyObject {
    /// Whether too much waits for the client.
    var isOutboundPaused: Bool { get }

    /// How many writes to the channel there have been: what is queued between two leaves in one.
    var writes: Int { get }

    /// Queues one frame whose payload is `length` bytes that `write` appends. Leaves with the other frames of this turn of the
    /// loop; under load with those of about a millisecond.
    func send(_ opcode: WebSocketFrameHeader.Opcode, length: Int, urgent: Bool, write: (inout ByteBuffer) -> Void)

    /// Takes messages of at most so many bytes from here on; nil: as many as are configured.
    func limitMessages(to bytes: Int?)

    /// Begins the closing handshake: what is queued goes first.
    func close(_ code: CloseCode, reason: String)
}

extension WebSocketConnection {
    /// Queues one text message.
    func send(text: ByteBuffer) {
        send(.text, length: text.readableBytes, urgent: true) { $0.writeImmutableBuffer(text) }
    }
}

import NIOCore

/// Sends every message back: `/ws/echo`, for conformance suites and measurements of the connection itself.
final class EchoSession: WebSocketSession {
    private weak var connection: (any WebSocketConnection)?

    func opened(_ connection: any WebSocketConnection) { self.connection = connection }

    func received(text: ByteBuffer) { connection?.send(text: text) }

    func received(binary: ByteBuffer) {
        connection?.send(.binary, length: binary.readableBytes, urgent: true) { $0.writeImmutableBuffer(binary) }
    }

    // An echo has nothing to hold back: beyond the limit the connection stops reading.
    func outboundPaused() {}
    func outboundResumed() {}
    func closed() {}
}

package import NIOCore

/// Sends every message back: `/ws/echo`, for conformance suites and measurements of the connection itself.
package final class EchoSession: WebSocketSession {
    private weak var connection: (any WebSocketConnection)?

    package init() {}

    package func opened(_ connection: any WebSocketConnection) { self.connection = connection }

    package func received(text: ByteBuffer) { connection?.send(text: text) }

    package func received(binary: ByteBuffer) {
        connection?.send(.binary, length: binary.readableBytes, urgent: true) { $0.writeImmutableBuffer(binary) }
    }

    // An echo has nothing to hold back: beyond the limit the connection stops reading.
    package func outboundPaused() {}
    package func outboundResumed() {}
    package func closed() {}
}

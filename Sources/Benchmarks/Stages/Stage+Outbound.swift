import Benchmarking
import Frontend
import NIOCore
import NIOEmbedded
import Shared

/// How frames wait for a client, and leave.
extension Stage {
    static let outbound = [
        Stage("outbound.queue", "a frame queued, and its share of a write of 16") {
            Work(operations: 64) { rounds in
                var queue = OutboundQueue(limits: .standard)
                var now: Int64 = 0
                for _ in 0..<rounds * 4 {
                    now += 1
                    for _ in 0..<16 {
                        guard case .none = queue.appended(200, now: now) else {
                            throw StageFailure("the queue is full")
                        }
                    }
                    guard case .none = queue.written(3200, now: now) else { throw StageFailure("the queue was full") }
                }
            }
        },
        Stage("outbound.send", "a frame sent by the handler, 16 to a write; and the write") { try sending() },
    ]

    /// Through a handler in a channel without a socket. A frame is copied as it is: that of a chunk is measured beside it.
    private static func sending() throws -> Work {
        let channel = EmbeddedChannel()
        var configuration = WebSocketHandler.Configuration.standard
        configuration.pingInterval = .hours(10_000)
        let handler = WebSocketHandler(
            session: EchoSession(), configuration: configuration, connections: ConnectionCount(limit: 1),
            flusher: OutboundFlusher(),
            metrics: FrontendMetrics(registry: PrometheusRegistry()))
        try channel.connect(to: .init(unixDomainSocketPath: "/")).wait()
        try channel.pipeline.syncOperations.addHandler(handler)
        let payload = ByteBuffer(repeating: UInt8(ascii: "x"), count: 250)
        return Work(bytes: Array(buffer: payload), operations: 16) { rounds in
            var bytes = 0
            for _ in 0..<rounds {
                for _ in 0..<16 {
                    handler.send(.text, length: 250, urgent: false) { $0.writeImmutableBuffer(payload) }
                }
                // The tick of a connection under load.
                channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
                while let write = try channel.readOutbound(as: ByteBuffer.self) { bytes += write.readableBytes }
            }
            guard bytes >= rounds * 16 * 254 else { throw StageFailure("frames are missing") }
        }
    }
}

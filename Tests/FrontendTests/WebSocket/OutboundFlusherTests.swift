import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Frontend

@Suite("OutboundFlusher") struct OutboundFlusherTests {
    /// Handlers of one loop that share a flusher.
    private struct Bench {
        let loop = EmbeddedEventLoop()
        let flusher = OutboundFlusher()

        func connection() throws -> (EmbeddedChannel, WebSocketHandler) {
            let channel = EmbeddedChannel(loop: loop)
            let handler = WebSocketHandler(
                session: EchoSession(), configuration: .init(), connections: ConnectionCount(limit: 10),
                flusher: flusher,
                metrics: FrontendMetrics(registry: PrometheusRegistry()))
            try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
            try channel.pipeline.syncOperations.addHandler(handler)
            return (channel, handler)
        }

        func written(_ channel: EmbeddedChannel) throws -> [UInt8]? {
            try channel.readOutbound(as: ByteBuffer.self).map { Array(buffer: $0) }
        }
    }

    private func say(_ byte: UInt8, _ handler: WebSocketHandler, urgent: Bool = false) {
        handler.send(.binary, length: 1, urgent: urgent) { $0.writeInteger(byte) }
    }

    /// A connection that has just flushed the byte 1.
    private func justFlushed(_ bench: Bench) throws -> (EmbeddedChannel, WebSocketHandler) {
        let (channel, handler) = try bench.connection()
        say(1, handler)
        bench.loop.run()
        #expect(try bench.written(channel) == [0x82, 1, 1])
        return (channel, handler)
    }

    @Test func allConnectionsOfATurnAreFlushedAtItsEnd() throws {
        let bench = Bench()
        let connections = try (0..<3).map { _ in try bench.connection() }
        for (number, (_, handler)) in connections.enumerated() { say(UInt8(number), handler) }
        for (channel, _) in connections { #expect(try bench.written(channel) == nil) }
        bench.loop.run()
        for (number, (channel, _)) in connections.enumerated() {
            #expect(try bench.written(channel) == [0x82, 1, UInt8(number)])
        }
    }

    @Test func aConnectionUnderLoadGathersForATick() throws {
        let bench = Bench()
        let (channel, handler) = try justFlushed(bench)
        say(2, handler)
        say(3, handler)
        bench.loop.run()
        #expect(try bench.written(channel) == nil)
        bench.loop.advanceTime(by: OutboundFlusher.tick)
        #expect(try bench.written(channel) == [0x82, 1, 2, 0x82, 1, 3])
    }

    @Test func aConnectionThatWasQuietFlushesAtTheEndOfTheTurn() throws {
        let bench = Bench()
        let (channel, handler) = try justFlushed(bench)
        bench.loop.advanceTime(by: WebSocketHandler.busyWithin)
        say(2, handler)
        bench.loop.run()
        #expect(try bench.written(channel) == [0x82, 1, 2])
    }

    @Test func whatIsUrgentTakesAlongWhatWaits() throws {
        let bench = Bench()
        let (channel, handler) = try justFlushed(bench)
        say(2, handler)
        say(3, handler, urgent: true)
        bench.loop.run()
        #expect(try bench.written(channel) == [0x82, 1, 2, 0x82, 1, 3])
        bench.loop.advanceTime(by: OutboundFlusher.tick)
        #expect(try bench.written(channel) == nil)
    }

    @Test func aConnectionThatIsGoneIsPassedOver() throws {
        let bench = Bench()
        let (channel, handler) = try bench.connection()
        let (other, otherHandler) = try bench.connection()
        say(1, handler)
        say(2, otherHandler)
        try channel.close().wait()
        bench.loop.run()
        #expect(try bench.written(other) == [0x82, 1, 2])
    }
}

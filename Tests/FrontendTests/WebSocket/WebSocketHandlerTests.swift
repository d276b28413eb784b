import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

@Suite("WebSocketHandler")
struct WebSocketHandlerTests {
    /// A handler in a channel that keeps what is sent.
    private struct Bench {
        let channel = EmbeddedChannel()
        let connections = ConnectionCount(limit: 10)
        let handler: WebSocketHandler
        let registry = PrometheusRegistry(nodeHelp: FrontendMetrics.help)

        init(
            _ session: any WebSocketSession = EchoSession(), _ configuration: WebSocketHandler.Configuration = .init()
        ) throws {
            handler = WebSocketHandler(
                session: session, configuration: configuration, connections: connections, flusher: OutboundFlusher(),
                metrics: FrontendMetrics(registry: registry))
            try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
            try channel.pipeline.syncOperations.addHandler(handler)
        }

        func receive(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

        /// The bytes of one write, or nil.
        func write() throws -> [UInt8]? { try channel.readOutbound(as: ByteBuffer.self).map { Array(buffer: $0) } }

        func run() { channel.embeddedEventLoop.run() }
    }

    @Test func echoesByteByByte() throws {
        let bench = try Bench()
        for byte in ClientFrames.text("héllo") + ClientFrames.frame(2, [1, 2]) { try bench.receive([byte]) }
        bench.run()
        #expect(try bench.write() == [0x81, 6] + Array("héllo".utf8) + [0x82, 2, 1, 2])
    }

    @Test func sendsAllFramesOfATurnInOneWrite() throws {
        let bench = try Bench()
        try bench.receive(ClientFrames.text("a") + ClientFrames.frame(9, [7]) + ClientFrames.text("b"))
        bench.run()
        #expect(try bench.write() == [0x81, 1, 0x61, 0x8A, 1, 7, 0x81, 1, 0x62])
        #expect(try bench.write() == nil)
    }

    @Test func whatWaitsIsCounted() throws {
        let bench = try Bench()
        func waiting() throws -> Double? {
            try PrometheusPage(bench.registry.render()).value("penstock_frontend_outbound_bytes")
        }
        #expect(try waiting() == 0)
        try bench.receive(ClientFrames.text("abc"))
        #expect(try waiting() == 5)
        bench.run()
        #expect(try waiting() == 0)
        #expect(bench.handler.writes == 1)
        try bench.receive(ClientFrames.text("abc"))
        // Nobody will take it any more.
        bench.channel.pipeline.fireChannelInactive()
        #expect(try waiting() == 0)
    }

    @Test func writesEveryFormOfLength() throws {
        for count in [0, 125, 126, 65_535, 65_536] {
            let bench = try Bench()
            try bench.receive(ClientFrames.frame(2, [UInt8](repeating: 9, count: count)))
            bench.run()
            var sent: [UInt8] = []
            while let more = try bench.write() { sent += more }
            #expect(sent.count == WebSocketFrameHeader.size(forLength: count) + count)
            #expect(sent == ClientFrames.frame(2, [UInt8](repeating: 9, count: count), mask: nil))
        }
    }

    @Test func answersACloseWithItsCodeAndEnds() throws {
        let bench = try Bench()
        try bench.receive(ClientFrames.close(4321, "why not"))
        bench.run()
        #expect(try bench.write() == [0x88, 2, 0x10, 0xE1])
        #expect(!bench.channel.isActive)
        #expect(bench.connections.current == 0)
    }

    @Test func failsWithACodeAndPassesTheRestOver() throws {
        let bench = try Bench()
        try bench.receive(ClientFrames.frame(1, [0xFF]) + ClientFrames.text("late"))
        bench.run()
        let sent = try #require(try bench.write())
        #expect(Array(sent.prefix(4)) == [0x88, UInt8(sent.count - 2), 0x03, 0xEF])
        try bench.receive(ClientFrames.text("later"))
        bench.run()
        #expect(try bench.write() == nil)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(!bench.channel.isActive)
    }

    @Test func pingsAndGivesUpASilentPeer() throws {
        let bench = try Bench()
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(31))
        #expect(try bench.write() == [0x89, 0])
        try bench.receive(ClientFrames.frame(10))
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(try bench.write() == [0x89, 0])
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(41))
        #expect(try bench.write().map { Array($0[2..<4]) } == [0x0F, 0xA9])
        #expect(!bench.channel.isActive)
    }

    @Test func whoSaysTooMuchIsReadMoreSlowlyAndLosesNothing() throws {
        let configuration = WebSocketHandler.Configuration(eventRate: .init(.init(perSecond: 10), burst: 3))
        let bench = try Bench(EchoSession(), configuration)
        let reads = ReadCounter()
        try bench.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try bench.receive(ClientFrames.text("a") + ClientFrames.text("b") + ClientFrames.frame(9))
        bench.channel.read()
        #expect(reads.count == 1)
        // Two beyond the burst, in what was read already: they are carried out, and paid for with 200 ms.
        try bench.receive(ClientFrames.text("c") + ClientFrames.frame(2, [1]) + ClientFrames.frame(10))
        bench.run()
        #expect(try bench.write()?.suffix(6) == [0x81, 1, 0x63, 0x82, 1, 1])
        bench.channel.read()
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(199))
        #expect(reads.count == 1)
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(reads.count == 2)
        bench.channel.read()
        #expect(reads.count == 3)
        // What is held is read when the connection is to end.
        try bench.receive(ClientFrames.text("d") + ClientFrames.text("e"))
        bench.channel.read()
        #expect(reads.count == 3)
        bench.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(reads.count == 4)
    }

    @Test func closesWith1001WhenTheNodeDrains() throws {
        let bench = try Bench()
        bench.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        bench.run()
        #expect(try bench.write().map { Array($0[2..<4]) } == [0x03, 0xE9])
        #expect(bench.channel.isActive)
        try bench.receive(ClientFrames.close(1001))
        #expect(!bench.channel.isActive)
    }

    @Test func survivesAnyBytes() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let bench = try Bench(EchoSession(), .init(maximumMessageBytes: 4096))
            for _ in 0..<5 {
                let count = Int.random(in: 0...200)
                var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if Bool.random() { bytes = ClientFrames.frame(UInt8.random(in: 0...15), bytes, final: Bool.random()) }
                try bench.receive(bytes)
            }
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
            _ = try? bench.channel.finish()
            #expect(bench.connections.current == 0)
        }
    }
}

/// Counts how often the channel was asked to read.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

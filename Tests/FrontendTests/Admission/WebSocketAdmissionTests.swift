import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Frontend

@Suite("WebSocketAdmission")
struct WebSocketAdmissionTests {
    private let connections = ConnectionCount(limit: 1)

    private var admission: WebSocketAdmission {
        WebSocketAdmission(
            authenticator: AnonymousAuthenticator(), origins: OriginPolicy(), connections: connections,
            servesEcho: false, isDraining: { false })
    }

    private func request(_ path: String = "/ws", _ change: (inout WebSocketAdmission.Request) -> Void = { _ in })
        -> WebSocketAdmission.Request
    {
        var request = WebSocketAdmission.Request(
            path: path, host: "a", origin: nil, authorization: nil, upgrade: "WebSocket", version: "13", key: "k")
        change(&request)
        return request
    }

    private func status(_ request: WebSocketAdmission.Request) -> Int? {
        if case .refused(let refusal) = admission.judge(request) { refusal.status } else { nil }
    }

    @Test func judges() {
        #expect(status(request()) == nil)
        #expect(status(request("/ws/echo")) == 404)
        #expect(status(request { $0.version = "8" }) == 426)
        #expect(status(request { $0.key = nil }) == 426)
        #expect(status(request { $0.origin = "http://b" }) == 403)
        connections.opened()
        #expect(status(request()) == 503)
        connections.closed()
        #expect(status(request()) == nil)
    }

    /// A connection that has what HTTP parses and writes, and the upgrade between.
    private func channel() throws -> (EmbeddedChannel, EventLoopFuture<WebSocketChannel.Connection>) {
        let channel = EmbeddedChannel()
        let promise = channel.eventLoop.makePromise(of: WebSocketChannel.Connection.self)
        let connections = connections
        let upgrade = WebSocketUpgrade(admission: admission) { _, _, _ in
            WebSocketHandler(
                session: EchoSession(), configuration: .init(), connections: connections,
                metrics: FrontendMetrics(factory: PrometheusRegistry()))
        }
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let handler = WebSocketUpgradeHandler(
            upgrade: upgrade, decoder: decoder, encoder: encoder, headTimeout: .seconds(5), promise: promise
        ) { _ in .webSocket }
        try channel.connect(to: .init(unixDomainSocketPath: "/x")).wait()
        try channel.pipeline.syncOperations.addHandlers(encoder, decoder, handler)
        return (channel, promise.futureResult)
    }

    private func head(_ path: String, _ upgrade: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: \(upgrade)\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    }

    @Test func upgradesAndLosesNothingThatCameWithTheRequest() throws {
        let (channel, _) = try channel()
        try channel.writeInbound(ByteBuffer(bytes: Array(head("/ws", "websocket").utf8) + ClientFrames.text("hi")))
        channel.embeddedEventLoop.run()
        var answer = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { answer += String(buffer: part) }
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        #expect(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(answer.hasSuffix("\u{2}hi") || answer.contains("hi"))
        #expect(connections.current == 1)
        _ = try channel.finish(acceptAlreadyClosed: true)
        #expect(connections.current == 0)
    }

    @Test(arguments: ["h2c", "websocket"])
    func leavesToHTTPWhatItRefuses(protocolName: String) throws {
        let (channel, _) = try channel()
        try channel.writeInbound(ByteBuffer(string: head("/elsewhere", protocolName)))
        guard case .head(let head)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            Issue.record("the request is lost")
            return
        }
        #expect(head.uri == "/elsewhere")
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func closesAConnectionThatBringsNothing() throws {
        let (channel, _) = try channel()
        channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(!channel.isActive)
    }
}

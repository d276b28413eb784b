import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Frontend

@Suite("WebSocketAdmission")
struct WebSocketAdmissionTests {
    private let connections = ConnectionCount(limit: 1)

    private var admission: WebSocketAdmission { admission() }

    private func admission(
        _ authenticator: any Authenticator = AnonymousAuthenticator(), servesEcho: Bool = false
    ) -> WebSocketAdmission {
        WebSocketAdmission(
            authenticator: authenticator, origins: OriginPolicy(allowed: ["https://ok.example"]),
            hosts: HostPolicy(allowed: ["a"], allowsAny: authenticator.asksForTokens), connections: connections,
            servesEcho: servesEcho, metrics: FrontendMetrics(registry: PrometheusRegistry()), isDraining: { false })
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

    @Test func refusesPagesOfOthers() {
        #expect(status(request { $0.origin = "http://a" }) == nil)
        #expect(status(request { $0.origin = "https://ok.example" }) == nil)
        #expect(status(request { $0.origin = "null" }) == 403)
        // A page whose own name was made to point here is of our own origin, to its browser.
        #expect(status(request { ($0.origin, $0.host) = ("http://evil.example:8080", "evil.example:8080") }) == 403)
        #expect(status(request { ($0.origin, $0.host) = ("http://127.0.0.1:8080", "127.0.0.1:8080") }) == nil)
        let strict = admission(TextAuthenticator())
        let request = request { ($0.origin, $0.host) = ("http://evil.example", "chat.example") }
        guard case .refused(let refusal) = strict.judge(request) else {
            Issue.record("admitted")
            return
        }
        #expect(refusal.status == 403)
        #expect(strict.judge(self.request { $0.host = "chat.example" }) == .admitted(.awaited))
    }

    @Test func findsTheToken() {
        let admission = admission(TextAuthenticator(), servesEcho: true)
        let ada = WebSocketAdmission.Verdict.admitted(.known(Identity(owner: "ada")))
        func verdict(
            _ authorization: String?, _ protocols: [String] = [], at path: String = "/ws"
        ) -> WebSocketAdmission.Verdict {
            admission.judge(
                request(path) {
                    $0.authorization = authorization
                    $0.protocols = protocols
                })
        }
        func failure(_ verdict: WebSocketAdmission.Verdict) -> AuthenticationFailure? {
            guard case .refused(let refusal) = verdict else { return nil }
            #expect(refusal.status == 401)
            #expect(refusal.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
            return refusal.failure
        }
        #expect(verdict("Bearer ada") == ada)
        #expect(verdict("bearer  ada") == ada)
        #expect(verdict(nil, ["penstock", "bearer.ada"]) == ada)
        #expect(verdict(nil, ["bearer.ada"], at: "/ws/echo") == ada)
        #expect(verdict(nil) == .admitted(.awaited))
        #expect(verdict(nil, ["penstock"]) == .admitted(.awaited))
        // A browser would not show its page an answer to the upgrade.
        #expect(verdict(nil, ["penstock", "bearer."]) == .admitted(.refused(.malformed)))
        #expect(verdict(nil, ["bearer.", "bearer.ada"]) == .admitted(.refused(.malformed)))
        #expect(failure(verdict("Bearer ")) == .malformed)
        #expect(failure(verdict("ada")) == .malformed)
        #expect(failure(verdict("Basic ada")) == .malformed)
        #expect(failure(verdict("Bearer ada ada")) == .malformed)
        // The header decides where both are given.
        #expect(failure(verdict("Bearer ", ["bearer.ada"])) == .malformed)
        #expect(failure(verdict(nil, at: "/ws/echo")) == .missing)
        #expect(failure(verdict(nil, ["bearer."], at: "/ws/echo")) == .malformed)
        // Where nobody is asked, nothing is looked at.
        #expect(
            self.admission.judge(request { $0.authorization = "Basic x" }) == .admitted(.known(.anonymous)))
    }

    @Test func neverAnswersWithTheToken() {
        #expect(WebSocketAdmission.subprotocol(offered: ["bearer.ada", "penstock"]) == "penstock")
        #expect(WebSocketAdmission.subprotocol(offered: ["bearer.ada"]) == nil)
    }

    /// A connection that has what HTTP parses and writes, and the upgrade between.
    private func channel() throws -> (EmbeddedChannel, EventLoopFuture<WebSocketChannel.Connection>) {
        let channel = EmbeddedChannel()
        let promise = channel.eventLoop.makePromise(of: WebSocketChannel.Connection.self)
        let connections = connections
        let upgrade = WebSocketUpgrade(admission: admission) { _, _, _ in
            WebSocketHandler(
                session: EchoSession(), configuration: .init(), connections: connections,
                flusher: OutboundFlusher(), metrics: FrontendMetrics(registry: PrometheusRegistry()))
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

import NIOCore
import Shared
import Testing

@testable import FrontendClient
@testable import LoadTest

@Suite struct UpgradeHandshakeTests {
    /// The example of RFC 6455, section 1.3.
    private let handshake = UpgradeHandshake(key: "dGhlIHNhbXBsZSBub25jZQ==")
    private let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    @Test func theRequestAsksForAWebSocket() throws {
        let request = handshake.request(try FrontendURL("ws://example.org:81/ws?x=1"), token: "abc")
        #expect(request.hasPrefix("GET /ws?x=1 HTTP/1.1\r\nHost: example.org:81\r\n"))
        #expect(request.contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
        #expect(request.hasSuffix("\r\nAuthorization: Bearer abc\r\n\r\n"))
    }

    @Test func framesBehindTheAnswerAreLeft() throws {
        for cut in 0..<answer.utf8.count {
            var input = ByteBuffer(bytes: answer.utf8.prefix(cut))
            #expect(try handshake.accepts(&input) == false)
        }
        var input = ByteBuffer(string: answer + "frames")
        #expect(try handshake.accepts(&input))
        #expect(String(buffer: input) == "frames")
    }

    @Test(arguments: [
        "HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: another\r\n\r\n",
        String(repeating: "x", count: 20_000),
    ])
    func otherAnswersAreRefused(_ text: String) {
        var input = ByteBuffer(string: text)
        #expect(throws: UpgradeHandshake.Refusal.self) { try handshake.accepts(&input) }
    }
}

import Testing

@testable import FrontendClient

@Suite struct FrontendURLTests {
    @Test(arguments: [
        ("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws", "http://127.0.0.1:8080"),
        ("wss://chat.example", "wss://chat.example/ws", "https://chat.example"),
        ("wss://chat.example:443/", "wss://chat.example/ws", "https://chat.example"),
        ("http://host:81", "ws://host:81/ws", "http://host:81"),
        ("ws://[::1]:8080/a?b=c#d", "ws://[::1]:8080/a?b=c", "http://[::1]:8080"),
        ("ws://host?x=1", "ws://host/ws?x=1", "http://host"),
    ])
    func reads(_ text: String, _ expected: String, _ http: String) throws {
        let url = try FrontendURL(text)
        #expect(url.description == expected)
        #expect(url.httpBase == http)
    }

    @Test(arguments: [
        "", "host:80", "redis://host", "ws://", "ws://:80", "ws://host:0", "ws://host:x", "ws://u:p@host", "ws://[::1",
        "ws://host/a b", "ws://[::1]x", "ws://::1", "ws://:]:5",
    ])
    func refuses(_ text: String) {
        #expect(throws: FrontendURL.Malformed.self) { try FrontendURL(text) }
    }
}

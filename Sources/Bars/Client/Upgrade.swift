import FrontendClient

/// The client's side of the upgrade to a WebSocket. The key is always the same: nothing here guards against caches. Pure.
enum Upgrade {
    static func request(_ url: FrontendURL) -> String {
        "GET \(url.path) HTTP/1.1\r\nHost: \(url.authority)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    }

    /// How many bytes of `answer` are its head; nil where it is not whole. Throws where the frontend does not upgrade.
    static func head(of answer: [UInt8]) throws -> Int? {
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        guard answer.starts(with: "HTTP/1.1 101".utf8) else {
            throw BarsFailure(
                "the upgrade was answered \(String(decoding: answer.prefix(80), as: UTF8.self).debugDescription)")
        }
        return end.upperBound
    }
}

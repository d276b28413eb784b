import Foundation
import FrontendClient
import NIOCore
import Shared

/// The client's side of the upgrade to a WebSocket (RFC 6455, section 4.1), in one request text and one look at the answer: what
/// ten thousand connections can do without an HTTP pipeline each.
struct UpgradeHandshake: Sendable {
    /// Why there is no WebSocket.
    struct Refusal: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// The longest head of an answer.
    private static let maximumBytes = 16_384

    private let key: String
    private let accept: String

    /// The key is drawn once and serves all connections of a run.
    init(_ random: inout some RandomNumberGenerator) {
        let nonce = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        self.init(key: Data(nonce).base64EncodedString())
    }

    init(key: String) {
        self.key = key
        let digest = SHA1.hexadecimal("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        accept = Data(
            stride(from: 0, to: digest.count, by: 2).map { offset in
                let start = digest.index(digest.startIndex, offsetBy: offset)
                return UInt8(digest[start...].prefix(2), radix: 16) ?? 0
            }
        ).base64EncodedString()
    }

    func request(_ url: FrontendURL, token: String?) -> String {
        "GET \(url.path) HTTP/1.1\r\nHost: \(url.authority)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
            + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "") + "\r\n"
    }

    /// Takes the head of the answer off `input` and returns true once it is whole; what follows are frames.
    func accepts(_ input: inout ByteBuffer) throws(Refusal) -> Bool {
        let bytes = input.readableBytesView
        guard let end = bytes.firstRange(of: "\r\n\r\n".utf8) else {
            guard bytes.count <= Self.maximumBytes else { throw Refusal(description: "the answer has no end") }
            return false
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        input.moveReaderIndex(to: end.upperBound)
        guard lines[0].hasPrefix("HTTP/1.1 101") else {
            throw Refusal(description: "the upgrade was answered \(lines[0].prefix(80))")
        }
        let isOurs = lines.contains { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 && parts[0].lowercased() == "sec-websocket-accept"
                && parts[1].trimmingCharacters(in: .whitespaces) == accept
        }
        guard isOurs else { throw Refusal(description: "the upgrade was answered without our key") }
        return true
    }
}

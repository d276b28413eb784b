import ArgumentParser

/// Where a server listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` (every IPv4 interface) or
/// `unix:/path`. Port 0 lets the system choose.
package enum ListenAddress: Hashable, Sendable {
    /// A host name or address without brackets, and a port.
    case tcp(host: String, port: Int)
    /// The path of a unix socket.
    case unix(path: String)

    /// The most bytes of a unix socket's path (`sun_path`, less its closing zero).
    package static let maximumPathBytes = 107

    /// Parses an address. Throws a message that says what is wrong, for whoever typed it.
    package init(parsing text: String) throws(ParseError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count > 1 else {
                throw ParseError("the path of a unix socket must be absolute, such as unix:/run/penstock.sock")
            }
            guard path.utf8.count <= Self.maximumPathBytes else {
                throw ParseError("the path of a unix socket may have at most \(Self.maximumPathBytes) bytes")
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw ParseError("must be host:port, such as 127.0.0.1:8080, or unix:/path")
        }
        let portText = text[text.index(after: colon)...]
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(portText),
            (0...65_535).contains(port)
        else { throw ParseError("the port must be a number between 0 and 65535") }
        self = .tcp(host: try Self.host(String(text[..<colon])), port: port)
    }

    /// Whether only this host can connect.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _):
            host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.utf8.allSatisfy(Self.isIPv4))
        }
    }

    private static func host(_ text: String) throws(ParseError) -> String {
        if text.isEmpty { return "0.0.0.0" }
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), text.contains(":"), !text.contains(where: { $0 == "/" || $0.isWhitespace })
            else {
                throw ParseError("an IPv6 address is written in brackets, such as [::1]:8080")
            }
            return String(text.dropFirst().dropLast())
        }
        guard !text.contains(":") else {
            throw ParseError("an IPv6 address is written in brackets, such as [::1]:8080")
        }
        guard !text.contains(where: { $0 == "/" || $0.isWhitespace }) else {
            throw ParseError("must be host:port without a scheme, such as 127.0.0.1:8080")
        }
        return text
    }

    private static func isIPv4(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || (0x30...0x39).contains(byte) }

    /// Why a text is not an address.
    package struct ParseError: Error, CustomStringConvertible {
        /// What is wrong, in words.
        package let description: String

        init(_ description: String) { self.description = description }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The form that `init(parsing:)` reads.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension ListenAddress: ExpressibleByArgument {
    /// Nil where `init(parsing:)` throws.
    package init?(argument: String) {
        guard let address = try? ListenAddress(parsing: argument) else { return nil }
        self = address
    }
}

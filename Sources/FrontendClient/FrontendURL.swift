/// Where a frontend's WebSocket is: `ws://host[:port]/path` or `wss://…`, and where its HTTP calls are beside it.
package struct FrontendURL: Hashable, Sendable, CustomStringConvertible {
    package var isSecure: Bool
    package var host: String
    package var port: Int
    /// The path with its query, as it stands in the request line.
    package var path: String

    /// What is wrong with the text of a URL, and what would be right.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// The frontend of a node with default settings.
    package static let standard = FrontendURL(isSecure: false, host: "127.0.0.1", port: 8080, path: "/ws")

    private init(isSecure: Bool, host: String, port: Int, path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads a URL. `http` and `https` are taken for `ws` and `wss`; without a path it is `/ws`. The host of an IPv6 address
    /// stands in brackets.
    package init(_ text: String) throws(Malformed) {
        guard let scheme = text.firstRange(of: "://") else {
            throw Malformed(description: "a frontend's URL begins with ws:// or wss://")
        }
        switch text[..<scheme.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        case let other: throw Malformed(description: "a frontend's URL begins with ws:// or wss://, not \(other)://")
        }
        let rest = text[scheme.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest[authority.endIndex...]
        guard !authority.contains("@") else {
            throw Malformed(description: "a frontend's URL has no user or password: give a token with --token-file")
        }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Malformed(description: "the path must be percent-encoded")
        }
        switch path.first {
        case nil: self.path = "/ws"
        case "?": self.path = "/ws" + path
        default: self.path = path == "/" ? "/ws" : String(path)
        }
        (host, port) = try Self.split(authority, standardPort: isSecure ? 443 : 80)
    }

    private static func split(
        _ authority: Substring, standardPort: Int
    ) throws(Malformed) -> (host: String, port: Int) {
        var host = authority
        var portText: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw Malformed(description: "the host has a [ without a ]")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else {
                throw Malformed(description: "something follows the ] of the host")
            }
            portText = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
            guard !host.contains(where: { ":[]".contains($0) }) else {
                throw Malformed(description: "an IPv6 host goes into brackets: [::1]:8080")
            }
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Malformed(description: "the host is missing or not in ASCII")
        }
        guard let portText else { return (String(host), standardPort) }
        guard let port = Int(portText), (1...65535).contains(port) else {
            throw Malformed(description: "the port must be a number from 1 to 65535")
        }
        return (String(host), port)
    }

    /// What stands in the `Host` header.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The base of the HTTP calls: scheme and authority, no slash at the end.
    package var httpBase: String { "\(isSecure ? "https" : "http")://\(authority)" }

    package var description: String { "\(isSecure ? "wss" : "ws")://\(authority)\(path)" }
}

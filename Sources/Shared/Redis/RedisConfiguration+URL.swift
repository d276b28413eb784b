extension RedisConfiguration {
    /// The schemes of the URLs that can be read.
    package static let schemes: Set<String> = ["redis", "rediss", "redis+unix", "redis-sentinel", "rediss-sentinel"]

    /// Reads `redis://[user[:password]@]host[:port][/database]`, the same with `rediss://` for TLS,
    /// `redis+unix://[user[:password]@]/path?db=n`, and `redis-sentinel://[user:password@]host[:port][,host[:port]…]/master[/database]`
    /// or `rediss-sentinel://`, where the hosts are sentinels (port 26379), and user and password are those of Redis itself.
    ///
    /// Every part may be percent-encoded. In `redis://:password@host` the user is Redis's default user. The query may hold `db`,
    /// `client_name`, for TLS `tls_ca_file`, and for sentinels `sentinel_user` and `sentinel_password`. Throws `invalidConfiguration`, naming what is wrong and never
    /// repeating the user or the password.
    package init(url: String) throws(RedisError) {
        guard let schemeEnd = url.firstRange(of: "://") else {
            throw Self.invalid(
                "it has no scheme: it should begin with redis://, rediss://, redis+unix:// or redis-sentinel://")
        }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        var rest = url[schemeEnd.upperBound...]
        if rest.contains("#") { throw Self.invalid("it has a fragment; write a # as %23") }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<authorityEnd]
        let path = rest[authorityEnd...]
        var user: Substring?
        // What stands there may be the rest of a password.
        guard !path.contains("@"), !query.contains("@") else {
            throw Self.invalid(
                "a @ stands behind the host; in a user or password write a / as %2F and a ? as %3F, elsewhere a @ as %40"
            )
        }
        if let at = authority.lastIndex(of: "@") {
            user = authority[..<at]
            authority = authority[authority.index(after: at)...]
        }

        switch scheme {
        case "redis", "rediss":
            self.init(address: try Self.tcp(authority))
            if scheme == "rediss" { tls = TLS() }
            if path.count > 1 { database = try Self.database(path.dropFirst()) }
        case "redis+unix":
            guard authority.isEmpty else {
                throw Self.invalid("a redis+unix URL has no host: write three slashes, redis+unix:///path/to/socket")
            }
            guard path.count > 1 else { throw Self.invalid("the path of the socket is missing") }
            self.init(address: .unix(path: try Self.decoded(path, "the path")))
        case "redis-sentinel", "rediss-sentinel":
            var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.isEmpty, !parts[0].isEmpty else {
                throw Self.invalid("the name of the master is missing: redis-sentinel://host:port/name")
            }
            let master = try Self.decoded(parts.removeFirst(), "the name of the master")
            var nodes: [Sentinel.Node] = []
            for node in authority.split(separator: ",", omittingEmptySubsequences: false) {
                guard case .tcp(let host, let port) = try Self.tcp(node, defaultPort: 26379) else { continue }
                nodes.append(Sentinel.Node(host: host, port: port))
            }
            self.init(address: .sentinel(Sentinel(nodes: nodes, master: master)))
            if scheme == "rediss-sentinel" { tls = TLS() }
            guard parts.count < 2 else { throw Self.invalid("something follows the database") }
            if let number = parts.first, !number.isEmpty { database = try Self.database(number) }
        default:
            throw Self.invalid("the scheme is not one of redis, rediss, redis+unix, redis-sentinel, rediss-sentinel")
        }
        if let user { try readUser(user) }
        try readQuery(query)
    }

    private mutating func readUser(_ text: Substring) throws(RedisError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Self.decoded(parts[0], "the user")
        if !name.isEmpty { username = name }
        guard parts.count == 2 else { throw Self.invalid("it has a user without a password: write user:password@") }
        password = try Self.decoded(parts[1], "the password")
    }

    private mutating func readQuery(_ query: Substring) throws(RedisError) {
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0], "the query")
            guard parts.count == 2 else { throw Self.invalid("a query setting has no value") }
            switch name {
            case "db": database = try Self.database(parts[1])
            case "client_name": clientName = try Self.decoded(parts[1], name)
            case "tls_ca_file":
                guard tls != nil else { throw Self.invalid("tls_ca_file needs the scheme rediss") }
                tls?.caFile = try Self.decoded(parts[1], name)
            case "sentinel_user", "sentinel_password":
                guard case .sentinel(var sentinel) = address else {
                    throw Self.invalid("\(name) needs the scheme redis-sentinel")
                }
                let value = try Self.decoded(parts[1], name)
                if name == "sentinel_user" { sentinel.username = value } else { sentinel.password = value }
                address = .sentinel(sentinel)
            default:
                throw Self.invalid(
                    "a query setting is unknown: there are db, client_name, tls_ca_file, sentinel_user, "
                        + "sentinel_password")
            }
        }
    }

    private static func tcp(_ authority: Substring, defaultPort: Int = 6379) throws(RedisError) -> Address {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw invalid("the host has a [ without a ]") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw invalid("something follows the ] of the host") }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
            if port?.contains(":") == true { throw invalid("an IPv6 host goes into brackets: [::1]:6379") }
        }
        let name = try decoded(host, "the host")
        guard !name.isEmpty else { throw invalid("the host is missing") }
        guard let port else { return .tcp(host: name, port: defaultPort) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw invalid("the port is not a number from 1 to 65535")
        }
        return .tcp(host: name, port: number)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = Int(text), number >= 0 else { throw invalid("the database is not a number") }
        return number
    }

    private static func decoded(_ text: Substring, _ part: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let high = Character(UnicodeScalar(high)).hexDigitValue,
                let low = Character(UnicodeScalar(low)).hexDigitValue
            else { throw invalid("\(part) has a % that is not followed by two hexadecimal digits; write a % as %25") }
            bytes.append(UInt8(high * 16 + low))
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw invalid("\(part) is not UTF-8") }
        return decoded
    }

    private static func invalid(_ what: String) -> RedisError {
        RedisError(.invalidConfiguration, "the Redis URL is wrong: \(what)")
    }
}

import NIOCore
import Shared

extension FrontendConfiguration {
    /// Reads the settings: a flag, an environment variable or a key of the configuration file each. Throws where one is wrong.
    ///
    /// - `listen`: host:port or unix:/path (`127.0.0.1:8080`)
    /// - `admin-listen` (`127.0.0.1:9090`), `redis-url`, `key-prefix`, `log-level`, `log-format`: see `NodeSettings`
    /// - `allow-anonymous`: to listen on other than loopback addresses without authentication (false)
    /// - `jwt-key-file`: a PEM public key, a JWKS or a secret; without it nobody is asked for a token (none)
    /// - `jwt-audience`: of which a token must have one, separated by commas (none)
    /// - `jwt-issuer`: whom a token must be from (none)
    /// - `jwt-leeway`: 0 to 5m (`0s`)
    /// - `auth-timeout`: 1s to 1h (`10s`)
    /// - `allow-host`: names besides addresses and localhost, separated by commas, without a key (none)
    /// - `queue`: 1 to 128 letters, digits, `.`, `_` and `-` (`default`)
    /// - `disconnect-grace`: 0 to 24h, in whole seconds (`30s`)
    /// - `echo`: serve `/ws/echo` (false)
    /// - `allow-origin`: origins, separated by commas (none)
    /// - `max-connections`: 1 to 1,000,000 (20,000)
    /// - `max-streams`: per connection, 1 to 10,000 (256)
    /// - `max-requests`: that this frontend may watch at a time, 1 to 10,000,000 (100,000)
    /// - how much is let in: see `AdmissionConfiguration`
    /// - `max-message-bytes`: of a WebSocket frame or message, inclusive, 1 KiB to 1 GiB (8,388,608)
    /// - `max-content-bytes`: of the content of one message, 1 to 64 MiB (1,048,576)
    /// - `stall-timeout`: 1s to 1h (`60s`)
    /// - `ping-interval`: 1s to 1h (`30s`)
    init(reading reader: SettingsReader) throws(SettingsError) {
        self.init()
        node = try NodeSettings(reading: reader, adminListen: node.adminListen)
        listen = try reader.address("listen", default: listen)
        allowsAnonymous = try reader.bool("allow-anonymous", default: allowsAnonymous)
        keyFile = reader.string("jwt-key-file").map { JWTKeyFile(path: $0) }
        tokenPolicy.audiences = Set(Self.list(reader.string("jwt-audience")))
        tokenPolicy.issuer = reader.string("jwt-issuer")
        let leeway = try reader.duration("jwt-leeway", default: .zero, in: .zero ... .seconds(300))
        tokenPolicy.leeway = TimeAmount(leeway).nanoseconds / 1000
        let patience = try reader.duration("auth-timeout", default: .seconds(10), in: .seconds(1) ... .seconds(3600))
        authenticationTimeout = TimeAmount(patience)
        allowedHosts = Self.list(reader.string("allow-host"))
        queue = try reader.queueName("queue", default: queue)
        let grace = try reader.duration("disconnect-grace", default: .seconds(30), in: .zero ... .seconds(86_400))
        disconnectPolicy = Self.policy(grace)
        servesEcho = try reader.bool("echo", default: servesEcho)
        allowedOrigins = Self.list(reader.string("allow-origin"))
        maximumConnections = try reader.int("max-connections", default: maximumConnections, in: 1...1_000_000)
        maximumStreams = try reader.int("max-streams", default: maximumStreams, in: 1...10_000)
        maximumWatches = try reader.int("max-requests", default: maximumWatches, in: 1...10_000_000)
        admission = try AdmissionConfiguration(reading: reader, asksForTokens: keyFile != nil)
        webSocket.maximumMessageBytes = try reader.int(
            "max-message-bytes", default: webSocket.maximumMessageBytes, in: 1024...(1 << 30))
        maximumContentBytes = try reader.int("max-content-bytes", default: maximumContentBytes, in: 1...(1 << 26))
        let stall = try reader.duration("stall-timeout", default: .seconds(60), in: .seconds(1) ... .seconds(3600))
        webSocket.outbound.stallTimeout = TimeAmount(stall).nanoseconds
        let ping = try reader.duration("ping-interval", default: .seconds(30), in: .seconds(1) ... .seconds(3600))
        webSocket.pingInterval = TimeAmount(ping)
        try validate()
    }

    /// Throws where settings do not go together.
    func validate() throws(SettingsError) {
        guard keyFile != nil || listen.isLoopback || allowsAnonymous else {
            throw SettingsError(
                key: "listen",
                message: "\(listen) can be reached from other hosts, and nobody would have to say who they are. "
                    + "Listen on a loopback address, give --jwt-key-file, or say --allow-anonymous")
        }
        guard keyFile == nil || !allowsAnonymous else {
            throw SettingsError(
                key: "allow-anonymous",
                message: "with jwt-key-file everybody has to say who they are: take one of the two back")
        }
        guard keyFile != nil || (tokenPolicy.audiences.isEmpty && tokenPolicy.issuer == nil) else {
            throw SettingsError(
                key: "jwt-key-file",
                message: "jwt-audience and jwt-issuer say which tokens will do, and there is no key")
        }
    }

    /// What stands between commas.
    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { String($0.trimming(while: \.isWhitespace)) }.filter { !$0.isEmpty }
    }

    private static func policy(_ grace: Duration) -> DisconnectPolicy {
        let (seconds, attoseconds) = grace.components
        let whole = Int(seconds) + (attoseconds > 0 ? 1 : 0)
        return whole == 0 ? .stop : .grace(seconds: whole)
    }
}

extension Substring {
    fileprivate func trimming(while isDropped: (Character) -> Bool) -> Substring {
        var text = drop(while: isDropped)
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}

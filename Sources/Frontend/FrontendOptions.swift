import ArgumentParser
import Shared

/// The flags of `penstock-frontend`. All are optional, so that absence falls through to environment and file.
struct FrontendOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @OptionGroup var admission: AdmissionOptions

    @Option(help: "Where clients connect: host:port or unix:/path (default 127.0.0.1:8080).")
    var listen: String?

    @Flag(
        name: [.customLong("allow-anonymous"), .customLong("insecure-listen")],
        help: "Listen on other than loopback addresses though nobody has to say who they are.")
    var allowAnonymous = false

    @Option(help: "A file with the keys of tokens: a PEM public key, a JWKS or a secret. Without: nobody needs one.")
    var jwtKeyFile: String?

    @Option(help: "The audience that tokens must be for; may be repeated.")
    var jwtAudience: [String] = []

    @Option(help: "The issuer that tokens must be from.")
    var jwtIssuer: String?

    @Option(help: "How far the issuer's clock may be off (default 0s).")
    var jwtLeeway: String?

    @Option(help: "How long a client without a token may take to send one (default 10s).")
    var authTimeout: String?

    @Option(
        help: "A name by which this server may be called, besides addresses and localhost, or * for any; without a key."
    )
    var allowHost: [String] = []

    @Option(help: "The queue that jobs are put in (default \"default\").")
    var queue: String?

    @Option(help: "How long a request goes on when its last viewer has left, 0 to stop it at once (default 30s).")
    var disconnectGrace: String?

    @Flag(help: "Serve /ws/echo, which sends every message back.")
    var echo = false

    @Option(help: "A web page's origin that may connect besides our own, or * for any; may be repeated.")
    var allowOrigin: [String] = []

    @Option(help: "WebSockets that may be open at a time (default 20000).")
    var maxConnections: Int?

    @Option(help: "Requests that may stream on one connection (default 256).")
    var maxStreams: Int?

    @Option(help: "Requests that have not ended and that this frontend watches (default 100000).")
    var maxRequests: Int?

    @Option(help: "The longest WebSocket frame and message, in bytes (default 8388608).")
    var maxMessageBytes: Int?

    @Option(help: "The longest content of a message, in bytes (default 1048576).")
    var maxContentBytes: Int?

    @Option(help: "How long a client may take nothing of what waits for it (default 60s).")
    var stallTimeout: String?

    @Option(help: "How often a client is pinged (default 30s).")
    var pingInterval: String?

    /// Every flag, given or not.
    var flags: [String: String?] {
        let own: [String: String?] = [
            "listen": listen, "allow-anonymous": allowAnonymous ? "true" : nil, "queue": queue,
            "jwt-key-file": jwtKeyFile,
            "jwt-audience": jwtAudience.isEmpty ? nil : jwtAudience.joined(separator: ","),
            "jwt-issuer": jwtIssuer, "jwt-leeway": jwtLeeway, "auth-timeout": authTimeout,
            "allow-host": allowHost.isEmpty ? nil : allowHost.joined(separator: ","),
            "disconnect-grace": disconnectGrace, "echo": echo ? "true" : nil,
            "allow-origin": allowOrigin.isEmpty ? nil : allowOrigin.joined(separator: ","),
            "max-connections": maxConnections.map(String.init), "max-streams": maxStreams.map(String.init),
            "max-requests": maxRequests.map(String.init),
            "max-message-bytes": maxMessageBytes.map(String.init),
            "max-content-bytes": maxContentBytes.map(String.init), "stall-timeout": stallTimeout,
            "ping-interval": pingInterval,
        ]
        return node.flags.merging(admission.flags) { $1 }.merging(own) { $1 }
    }
}

import NIOCore
import Shared

/// What a frontend is told. Every setting has its flag; see `FrontendConfiguration+Settings` for names and ranges.
struct FrontendConfiguration: Sendable {
    /// Told to clients in `connection.ready`.
    static let version = "0.1.0"
    /// What this server can beyond the chat-engine protocol 2.0.
    static let capabilities = [
        "message.resume", "message.stop.mode", "message.stop.reason", "message.stop.outcome", "cursor", "on_disconnect",
        "join", "auth", "message.streaming.restart", "message.queued", "timeouts",
    ]

    var node = NodeSettings(adminListen: .tcp(host: "127.0.0.1", port: 9090))
    /// Where clients connect.
    var listen = ListenAddress.tcp(host: "127.0.0.1", port: 8080)
    /// Whether clients of other hosts are let in though nobody has to say who they are.
    var allowsAnonymous = false
    /// The keys that prove tokens; nil: nobody has to say who they are.
    var keyFile: JWTKeyFile?
    /// What tokens must say besides.
    var tokenPolicy = JWTAuthenticator.Policy()
    /// How long a client that came without a token may take to say who it is.
    var authenticationTimeout = TimeAmount.seconds(10)
    /// Bytes of a message of a client that has not said who it is.
    var maximumUnauthenticatedBytes = 16 * 1024
    /// Names by which this server lets itself be called while it asks nobody for a token.
    var allowedHosts: [String] = []
    /// Where jobs are put.
    var queue = "default"
    /// What becomes of a request whose last viewer left, where it does not say.
    var disconnectPolicy = DisconnectPolicy.grace(seconds: 30)
    /// Whether `/ws/echo` is served.
    var servesEcho = false
    /// Origins of web pages that may connect besides our own.
    var allowedOrigins: [String] = []

    /// WebSockets that may be open at a time.
    var maximumConnections = 20_000
    /// Requests that may stream on one connection at a time.
    var maximumStreams = 256
    /// Commands of one connection that may wait for their answers; of stops, twice as many.
    var maximumCommands: Int { maximumStreams + 256 }
    /// Requests that this node may watch at a time.
    var maximumWatches = 100_000
    /// How much is let in.
    var admission = AdmissionConfiguration()
    /// Bytes of the content of one message.
    var maximumContentBytes = 1 << 20
    var history = ConversationHistory.Limits()
    var webSocket = WebSocketHandler.Configuration()

    /// How long a command may wait for Redis in all.
    var commandDeadline = TimeAmount.seconds(10)
    /// How long a stop may.
    var stopDeadline = TimeAmount.seconds(60)
    /// How long an idle connection without a WebSocket is kept.
    var idleTimeout = Duration.seconds(60)
}

import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Shared
import Synchronization

/// Puts a frontend together: one broker for each event loop, one listener, and what starts and stops them in order.
///
/// On the first signal it says that it is not ready, lets go of its watches, stops to listen and closes its WebSockets
/// (1001), and then its brokers. No request is stopped by that: its viewers resume it elsewhere.
struct FrontendServices {
    private let services: [any Service]
    private let logger: Logger

    init(_ configuration: FrontendConfiguration, id: NodeID, logger: Logger) async throws {
        self.logger = logger
        let registry = PrometheusRegistry(nodeHelp: FrontendMetrics.help)
        let metrics = FrontendMetrics(registry: registry)
        let readiness = Readiness()
        let group = MultiThreadedEventLoopGroup.singleton
        let redis = try RedisConfiguration(url: configuration.node.redisURL)
        let brokers = try group.makeIterator().map {
            try RedisBroker(redis, on: $0, keyPrefix: configuration.node.keyPrefix, logger: logger)
        }
        let (authenticator, keyWatch) = try await Self.authenticator(configuration, logger)
        let loops = try await FrontendLoops(
            brokers: BrokerGroup(brokers), watched: WatchedRequests(limit: configuration.maximumWatches),
            configuration: configuration, authenticator: authenticator, metrics: metrics, logger: logger)
        let queue = QueueProbe(broker: brokers[0], queue: configuration.queue)
        let connections = ConnectionCount(limit: configuration.maximumConnections)
        let quiet = QuietService(readiness: readiness, loops: loops, logger: logger)
        let admission = WebSocketAdmission(
            authenticator: authenticator, origins: OriginPolicy(allowed: configuration.allowedOrigins),
            hosts: HostPolicy(allowed: configuration.allowedHosts, allowsAny: authenticator.asksForTokens),
            connections: connections, servesEcho: configuration.servesEcho, metrics: metrics,
            isDraining: { quiet.isQuiet })
        let upgrade = WebSocketUpgrade(admission: admission) { channel, endpoint, speaker in
            var webSocket = configuration.webSocket
            let session: any WebSocketSession
            let loop = loops.current(channel.eventLoop)
            switch endpoint {
            case .chat:
                session = ClientSession(loop: loop, speaker: speaker)
                webSocket.eventRate = configuration.admission.eventRate
            case .echo: session = EchoSession()
            }
            return WebSocketHandler(
                session: session, configuration: webSocket, connections: connections, flusher: loop.flusher,
                metrics: metrics)
        }
        let listener = Application(
            router: try FrontendRouter(loops: loops, admission: admission, metrics: metrics).build(),
            server: .webSocketUpgrade(upgrade, idleTimeout: configuration.idleTimeout),
            configuration: ApplicationConfiguration(address: configuration.listen.bindAddress, backlog: 1024),
            onServerRunning: { channel in
                readiness.meet(.started)
                readiness.meet(.accepting)
                logger.notice(
                    "serving",
                    [.address: "\(Self.url(configuration.listen, channel))", .queue: "\(configuration.queue)"])
            },
            eventLoopGroupProvider: .shared(group),
            logger: logger.quieter)
        let record = NodeRecord(
            id: "\(id)", role: .frontend, host: ProcessInformation.hostName, pid: ProcessInformation.processID,
            queue: configuration.queue, startedAt: .now())
        services =
            keyWatch + [
                AdminServer(
                    listen: configuration.node.adminListen, readiness: readiness, metrics: registry,
                    probes: [queue.samples], logger: logger.quieter),
                BrokerService(brokers: brokers),
                NodeHeartbeat(brokers: brokers, logger: logger) { readiness.isReady ? record : nil },
                ControlPathWatch(
                    brokers: brokers, node: "\(id)", readiness: readiness, metrics: registry, logger: logger),
                ConnectionDrain(connections: connections),
                listener,
                quiet,
            ]
    }

    /// Who tells who speaks, and what keeps its keys up to date.
    private static func authenticator(
        _ configuration: FrontendConfiguration, _ logger: Logger
    ) async throws -> (any Authenticator, [any Service]) {
        guard let file = configuration.keyFile else { return (AnonymousAuthenticator(), []) }
        do throws(JWTKeyError) {
            let contents = try file.contents()
            let keys = try await JWTKeyFile.keys(in: contents)
            let authenticator = JWTAuthenticator(keys: keys, policy: configuration.tokenPolicy)
            logger.notice("everybody has to show a token", [.setting: "jwt-key-file"])
            if configuration.tokenPolicy.audiences.isEmpty {
                logger.notice("tokens for any audience will do: see jwt-audience", [.setting: "jwt-audience"])
            }
            return (
                authenticator,
                [JWTKeyFileWatch(file: file, authenticator: authenticator, contents: contents, logger: logger)]
            )
        } catch {
            throw SettingsError(key: "jwt-key-file", message: "\(file.path): \(error)")
        }
    }

    /// Runs until a signal, or until a service fails.
    func run() async throws {
        try await SignalHandling.run(services, logger: logger.quieter)
    }

    private static func url(_ address: ListenAddress, _ channel: any Channel) -> String {
        switch address {
        case .unix: return "\(address)"
        case .tcp(let host, let port):
            return "http://\(ListenAddress.tcp(host: host, port: channel.localAddress?.port ?? port))/"
        }
    }
}

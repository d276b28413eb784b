import Foundation
import FrontendClient
import NIOCore
import NIOPosix
import Shared

/// Where the demo's parts run: in the deployment that is there, or in processes of its own.
struct DemoDeployment: Sendable {
    /// Client → backend, client → middle → backend, or client → frontend → backend.
    enum Shape: String, Sendable {
        case direct, middle, websocket
    }

    let shape: Shape
    let children: DemoChildren
    let narrator: DemoNarrator
    /// With the Redis that is used.
    private(set) var settings: ClientSettings
    /// Names the private queues, so that two demos do not meet.
    private let mark = String(UUIDText.random().prefix(8))

    init(_ shape: Shape, settings: ClientSettings, children: DemoChildren, narrator: DemoNarrator) {
        self.shape = shape
        self.settings = settings
        self.children = children
        self.narrator = narrator
    }

    /// Uses the Redis of the settings if one answers there, or starts one that is gone with the demo.
    mutating func findRedis() async throws {
        let configuration = try RedisConfiguration(url: settings.redisURL)
        guard await !Self.accepts(configuration.address) else { return }
        narrator.say("demo", "no Redis at \(configuration): starting a private one")
        let scratch = try Self.makeScratch()
        let socket = "\(scratch)/redis.sock"
        _ = try children.start(
            "redis", program: "redis-server",
            [
                "--port", "0", "--unixsocket", socket, "--dir", scratch, "--appendonly", "yes", "--save", "",
                "--loglevel", "warning",
            ],
            scratch: scratch)
        settings.redisURL = "redis+unix://\(socket)"
        try await children.wait(for: "redis") { await Self.accepts(.unix(path: socket)) }
    }

    /// The queue to submit to; starts the workers that are missing.
    func findWorkers(_ broker: any Broker) async throws -> String {
        let nodes = try await broker.nodes().get()
        switch shape {
        case .direct, .websocket: return try await backend(nodes, broker)
        case .middle:
            let present = nodes.first { node in
                node.role == .worker && node.forwardQueue.map { Self.counts($0, nodes) } ?? false
            }
            if let present {
                narrator.say(
                    "demo",
                    "middle and backend are the workers of the queues \(present.queue) and \(present.forwardQueue ?? "")"
                )
                return present.queue
            }
            let backendQueue = try await backend(nodes, broker)
            let queue = "demo-middle-\(mark)"
            try await startWorker("middle", queue, ["--generator", "forward", "--forward-to", backendQueue], broker)
            return queue
        }
    }

    /// A frontend whose requests go to a count worker; starts what is missing.
    func findFrontend(_ broker: any Broker) async throws -> FrontendURL {
        if settings.isURLGiven { return settings.url }
        let nodes = try await broker.nodes().get()
        let isServed = nodes.contains { $0.role == .frontend && Self.counts($0.queue, nodes) }
        if isServed, await Self.accepts(.tcp(host: settings.url.host, port: settings.url.port)) {
            narrator.say("demo", "the frontend is \(settings.url)")
            return settings.url
        }
        let queue = try await findWorkers(broker)
        let port = try await Self.freePort()
        let url = try FrontendURL("ws://127.0.0.1:\(port)/ws")
        _ = try children.start(
            "frontend", program: "penstock-frontend",
            redisArguments + ["--listen", "127.0.0.1:\(port)", "--admin-listen", "127.0.0.1:0", "--queue", queue])
        try await children.wait(for: "frontend") { await Self.accepts(.tcp(host: "127.0.0.1", port: port)) }
        return url
    }

    // MARK: Workers

    private func backend(_ nodes: [NodeRecord], _ broker: any Broker) async throws -> String {
        if let present = nodes.first(where: { $0.role == .worker && Self.counts($0.queue, nodes) }) {
            narrator.say("demo", "the backend is \(present.id) on the queue \(present.queue)")
            return present.queue
        }
        let queue = "demo-backend-\(mark)"
        try await startWorker("backend", queue, ["--generator", "count"], broker)
        return queue
    }

    private func startWorker(_ part: String, _ queue: String, _ arguments: [String], _ broker: any Broker) async throws
    {
        _ = try children.start(
            part, program: "penstock-worker",
            redisArguments + [
                "--queue", queue, "--admin-listen", "127.0.0.1:0", "--slots", "4", "--drain-timeout", "1s",
            ]
                + arguments)
        try await children.wait(for: part) {
            try await broker.nodes().get().contains { $0.role == .worker && $0.queue == queue }
        }
    }

    private var redisArguments: [String] {
        ["--redis-url", settings.redisURL] + (settings.keyPrefix.isEmpty ? [] : ["--key-prefix", settings.keyPrefix])
    }

    /// Whether every worker of the queue counts, and there is one.
    private static func counts(_ queue: String, _ nodes: [NodeRecord]) -> Bool {
        let workers = nodes.filter { $0.role == .worker && $0.queue == queue }
        return !workers.isEmpty && workers.allSatisfy { $0.generator == "count" }
    }

    // MARK: Places

    private static func accepts(_ address: RedisConfiguration.Address) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(1))
        let connecting: EventLoopFuture<any Channel>
        switch address {
        case .tcp(let host, let port): connecting = bootstrap.connect(host: host, port: port)
        case .unix(let path): connecting = bootstrap.connect(unixDomainSocketPath: path)
        // Nobody names sentinels who wants a private Redis.
        case .sentinel: return true
        }
        guard let channel = try? await connecting.get() else { return false }
        try? await channel.close()
        return true
    }

    /// A port that nobody listens on now.
    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }

    private static func makeScratch() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "penstock-demo-\(UUIDText.random().prefix(8))"
        ).path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }
}

import Foundation
import FrontendClient
import NIOPosix
import Shared
import Synchronization
import TestSupport

/// The machines of one round: Redis, frontends and workers as processes, each with a proxy of its own on its way to Redis.
final class Deployment: Sendable {
    let schedule: Schedule
    let directory: URL
    let redis: RedisServer
    let frontends: [Node]
    let workers: [Node]

    var nodes: [Node] { frontends + workers }

    private init(
        _ schedule: Schedule, directory: URL, redis: RedisServer, frontends: [Node], workers: [Node]
    ) {
        self.schedule = schedule
        self.directory = directory
        self.redis = redis
        self.frontends = frontends
        self.workers = workers
    }

    /// Starts all, runs `body`, and ends all, whatever happens.
    static func with<Value: Sendable>(
        _ schedule: Schedule, mutation: String?, directory: URL, _ body: (Deployment) async throws -> Value
    ) async throws -> Value {
        let redis = try await RedisServer(appendFsync: schedule.appendFsync)
        var nodes: [Node] = []
        let count = schedule.frontends + schedule.workers
        for number in 1...count {
            let proxy = try await TCPProxy(to: redis.port)
            let isFrontend = number <= schedule.frontends
            let name = isFrontend ? "frontend-\(number)" : "worker-\(number - schedule.frontends)"
            nodes.append(
                Node(
                    name, isFrontend ? .frontend : .worker, proxy: proxy, directory: directory,
                    arguments: isFrontend ? frontendArguments() : workerArguments(schedule, directory, name),
                    environment: mutation.map { ["PENSTOCK_MUTATION": $0] } ?? [:]))
        }
        let deployment = Deployment(
            schedule, directory: directory, redis: redis, frontends: Array(nodes[..<schedule.frontends]),
            workers: Array(nodes[schedule.frontends...]))
        let result: Result<Value, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in deployment.nodes { group.addTask { try await node.start() } }
                try await group.waitForAll()
            }
            result = .success(try await body(deployment))
        } catch {
            result = .failure(error)
        }
        await withDiscardingTaskGroup { group in
            for node in deployment.nodes { group.addTask { await node.end() } }
        }
        await redis.end()
        return try result.get()
    }

    private static func frontendArguments() -> [String] {
        ["--listen", "127.0.0.1:0", "--disconnect-grace", "3s", "--stall-timeout", "20s", "--ping-interval", "2s"]
    }

    private static func workerArguments(_ schedule: Schedule, _ directory: URL, _ name: String) -> [String] {
        [
            "--lease", "\(schedule.lease)ms", "--slots", "\(schedule.slots)", "--drain-timeout", "2s",
            // Nobody is to fail for being killed often.
            "--max-deliveries", "1000", "--event-loops", "2",
            "--journal", directory.appending(path: History.File.journal(name)).path,
        ]
    }
}

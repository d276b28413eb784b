import Foundation
import FrontendClient
import NIOCore
import Shared
import TestSupport

/// A Redis, frontends and workers of a row's own, one of each unless more are asked for, started as `./run` starts them: append-only,
/// synchronised each second, on free ports.
struct BarsLab: Sendable {
    let directory: URL
    let redis: RedisDoor
    let redisURL: String
    let redisProcess: Int32
    let frontends: [LabProcess]
    let workers: [LabProcess]
    /// Where clients connect, one for each frontend.
    let urls: [FrontendURL]

    var frontend: LabProcess { frontends[0] }
    var worker: LabProcess { workers[0] }
    var url: FrontendURL { urls[0] }

    /// Starts all, runs `body`, and ends all, whatever happens.
    static func with<Value: Sendable>(
        worker workerOptions: [String] = [], frontend frontendOptions: [String] = [], workers workerCount: Int = 1,
        frontends frontendCount: Int = 1, in directory: URL, _ body: (BarsLab) async throws -> Value
    ) async throws -> Value {
        let server = try await RedisServerProcess(arguments: [
            "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
        ])
        defer { server.kill() }
        let redis = try RedisDoor(url: server.url)
        guard let redisProcess = try redis.processID() else { throw BarsFailure("Redis does not tell its process") }
        let place = directory.appending(path: UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let socket = { (name: String) in place.appending(path: "\(name).sock").path }
        func start(_ name: String, _ program: URL, _ options: [String]) throws -> LabProcess {
            guard FileManager.default.isExecutableFile(atPath: program.path) else {
                throw BarsFailure("\(program.path) is not built")
            }
            return try LabProcess(
                name, program, ["--redis-url", server.url, "--admin-listen", "unix:\(socket(name))"] + options,
                in: place)
        }
        var (frontends, workers): ([LabProcess], [LabProcess]) = ([], [])
        let result: Result<Value, any Error>
        do {
            for number in 1...frontendCount {
                frontends.append(
                    try start("frontend-\(number)", Programs.frontend, ["--listen", "127.0.0.1:0"] + frontendOptions))
            }
            for number in 1...workerCount {
                workers.append(
                    try start(
                        "worker-\(number)", Programs.worker,
                        ["--slots", "4096", "--drain-timeout", "0s"] + workerOptions))
            }
            for process in frontends + workers {
                try await ready(process, HTTPTarget(unixSocket: socket(process.name)))
            }
            let lab = BarsLab(
                directory: place, redis: redis, redisURL: server.url, redisProcess: redisProcess, frontends: frontends,
                workers: workers, urls: try frontends.map(url(of:)))
            result = .success(try await body(lab))
        } catch {
            result = .failure(error)
        }
        for process in frontends + workers { await process.end() }
        try? FileManager.default.removeItem(at: place)
        return try result.get()
    }

    private static func url(of frontend: LabProcess) throws -> FrontendURL {
        let mark = #/ serving .*address="?http://127\.0\.0\.1:(\d+)/#
        guard let port = frontend.output.firstMatch(of: mark)?.1 else {
            throw BarsFailure("the frontend does not tell where it serves")
        }
        return try FrontendURL("ws://127.0.0.1:\(port)/ws")
    }

    private static func ready(_ process: LabProcess, _ admin: HTTPTarget) async throws {
        try await eventually("\(process.name) is ready", within: .seconds(60)) {
            guard process.isRunning else { throw BarsFailure("\(process.name) ended: \(process.output.suffix(500))") }
            return try await admin.isReady()
        }
    }

    /// Returns when Redis, frontends and workers have next to nothing to do, at the latest after half a minute.
    func quiet() async throws {
        for _ in 0..<60 {
            let before = usage()
            try await Task.sleep(for: .milliseconds(500))
            let spent = usage() - before
            if spent.redis + spent.frontend + spent.worker < 0.04 { return }
        }
    }

    /// What each has computed so far; `others` are clients.
    func usage(besides others: LabProcess...) -> Usage {
        func sum(_ processes: [LabProcess]) -> Double {
            processes.reduce(0) { $0 + (ProcessFigures.processorSeconds(of: $1.processID) ?? 0) }
        }
        return Usage(
            seconds: Double(NIODeadline.now().uptimeNanoseconds) / 1e9,
            redis: ProcessFigures.processorSeconds(of: redisProcess) ?? 0, frontend: sum(frontends),
            worker: sum(workers), client: ProcessFigures.ownProcessorSeconds() + sum(others),
            machine: MachineFigures.busySeconds() ?? 0)
    }
}

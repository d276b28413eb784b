import Foundation
import FrontendClient
import NIOCore
import Shared
import TestSupport

/// A Redis, a frontend and a worker of a row's own, started as `./run` starts them: append-only, synchronised each second, on free ports.
struct BarsLab: Sendable {
    let directory: URL
    let redis: RedisDoor
    let redisURL: String
    let redisProcess: Int32
    let frontend: LabProcess
    let worker: LabProcess
    /// Where clients connect.
    let url: FrontendURL

    /// Starts all, runs `body`, and ends all, whatever happens.
    static func with<Value: Sendable>(
        worker workerOptions: [String] = [], frontend frontendOptions: [String] = [], in directory: URL,
        _ body: (BarsLab) async throws -> Value
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
        let frontend = try start("frontend", Programs.frontend, ["--listen", "127.0.0.1:0"] + frontendOptions)
        let worker: LabProcess
        do {
            worker = try start(
                "worker", Programs.worker, ["--slots", "4096", "--drain-timeout", "0s"] + workerOptions)
        } catch {
            await frontend.end()
            throw error
        }
        let result: Result<Value, any Error>
        do {
            for process in [frontend, worker] {
                try await ready(process, HTTPTarget(unixSocket: socket(process.name)))
            }
            let mark = #/ serving .*address="?http://127\.0\.0\.1:(\d+)/#
            guard let port = frontend.output.firstMatch(of: mark)?.1 else {
                throw BarsFailure("the frontend does not tell where it serves")
            }
            let lab = BarsLab(
                directory: place, redis: redis, redisURL: server.url, redisProcess: redisProcess, frontend: frontend,
                worker: worker, url: try FrontendURL("ws://127.0.0.1:\(port)/ws"))
            result = .success(try await body(lab))
        } catch {
            result = .failure(error)
        }
        await frontend.end()
        await worker.end()
        try? FileManager.default.removeItem(at: place)
        return try result.get()
    }

    private static func ready(_ process: LabProcess, _ admin: HTTPTarget) async throws {
        try await eventually("\(process.name) is ready", within: .seconds(60)) {
            guard process.isRunning else { throw BarsFailure("\(process.name) ended: \(process.output.suffix(500))") }
            return try await admin.isReady()
        }
    }

    /// Returns when Redis, frontend and worker have next to nothing to do, at the latest after half a minute.
    func quiet() async throws {
        for _ in 0..<60 {
            let before = usage()
            try await Task.sleep(for: .milliseconds(500))
            let spent = usage() - before
            if spent.redis + spent.frontend + spent.worker < 0.04 { return }
        }
    }

    /// What each has computed so far.
    func usage(besides other: LabProcess? = nil) -> Usage {
        Usage(
            seconds: Double(NIODeadline.now().uptimeNanoseconds) / 1e9,
            redis: ProcessFigures.processorSeconds(of: redisProcess) ?? 0,
            frontend: ProcessFigures.processorSeconds(of: frontend.processID) ?? 0,
            worker: ProcessFigures.processorSeconds(of: worker.processID) ?? 0,
            client: ProcessFigures.ownProcessorSeconds()
                + (other.flatMap { ProcessFigures.processorSeconds(of: $0.processID) } ?? 0),
            machine: MachineFigures.busySeconds() ?? 0)
    }
}

private import Foundation
private import Shared

/// A Redis Sentinel of a test's own, which watches one master and is quick to give it up. It is killed at the latest when this object goes.
package final class RedisSentinelProcess: @unchecked Sendable {
    // `@unchecked Sendable`: the process is only started and ended by the one test that owns it.

    package let port: Int
    private let directory: URL
    private let process: Process

    /// Watches `master` by the name `main`, alone: its own opinion is enough for a failover.
    package init(watching master: RedisServerProcess, downAfter milliseconds: Int = 500) async throws {
        port = try RedisServerProcess.freePort()
        directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-sentinel-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let configuration = directory.appending(path: "sentinel.conf")
        try """
        port \(port)
        bind 127.0.0.1
        dir \(directory.path)
        logfile sentinel.log
        sentinel monitor main 127.0.0.1 \(master.port) 1
        sentinel down-after-milliseconds main \(milliseconds)
        sentinel failover-timeout main 3000
        sentinel parallel-syncs main 1

        """.write(to: configuration, atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-server", configuration.path, "--sentinel"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
        ProcessKeeper.shared.entrust(process)
        let log = directory.appending(path: "sentinel.log")
        if try await RedisServerProcess.listens(process, at: port, saying: "Sentinel ID is", in: log) { return }
        throw RedisServerProcess.Failure(description: "the sentinel did not start")
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: directory)
    }

    /// A URL by which the master is found.
    package var url: String { "redis-sentinel://127.0.0.1:\(port)/main" }

    /// Kills it at once.
    package func kill() {
        guard process.isRunning else { return }
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        ProcessKeeper.shared.takeBack(process)
    }
}

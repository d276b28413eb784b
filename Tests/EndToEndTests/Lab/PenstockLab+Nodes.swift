import Client
import Foundation
import FrontendClient
import Shared
import TestSupport

extension PenstockLab {
    /// A running frontend.
    struct Frontend: Sendable {
        let process: LabProcess
        let admin: HTTPTarget
        let http: HTTPTarget
        let webSocket: FrontendURL

        /// The chat page.
        var page: String { "\(webSocket.httpBase)/" }
    }

    /// A running worker.
    struct Worker: Sendable {
        let process: LabProcess
        let admin: HTTPTarget
    }

    /// Starts a frontend on a port that the system chooses, and waits until it is ready.
    func frontend(_ options: String...) async throws -> Frontend {
        let socket = adminSocket()
        let process = try start(
            "frontend", Programs.frontend,
            ["--redis-url", redis.url, "--admin-listen", "unix:\(socket)"]
                + (options.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]) + options)
        let admin = HTTPTarget(unixSocket: socket)
        try await ready(process, admin)
        guard let address = process.output.firstMatch(of: #/ serving .*address="?http://127\.0\.0\.1:(\d+)//#)?.1 else {
            throw LabFailure(description: "\(process.name) does not log where it serves")
        }
        return Frontend(
            process: process, admin: admin, http: HTTPTarget("http://127.0.0.1:\(address)"),
            webSocket: try FrontendURL("ws://127.0.0.1:\(address)/ws"))
    }

    /// Starts a worker, and waits until it is ready.
    func worker(_ options: String...) async throws -> Worker {
        let socket = adminSocket()
        let process = try start(
            "worker", Programs.worker,
            ["--redis-url", redis.url, "--admin-listen", "unix:\(socket)"] + options)
        let admin = HTTPTarget(unixSocket: socket)
        try await ready(process, admin)
        return Worker(process: process, admin: admin)
    }

    private func adminSocket() -> String { directory.appending(path: "\(UUID().uuidString.prefix(8)).sock").path }

    private func ready(_ process: LabProcess, _ admin: HTTPTarget) async throws {
        try await eventually("\(process.name) is ready", within: .seconds(30)) {
            guard process.isRunning else { throw LabFailure(description: "\(process.name) ended before it was ready") }
            return try await admin.isReady()
        }
    }
}

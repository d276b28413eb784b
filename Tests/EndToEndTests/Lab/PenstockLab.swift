import Foundation
import Synchronization
import TestSupport
import Testing

/// A Penstock of a test's own: a Redis with append-only persistence, frontends, workers, and clients of them.
///
/// All processes are killed when `with` returns or throws. If something failed, the ends of all logs and what each client
/// has seen are told with it, and the whole logs are attached.
final class PenstockLab: Sendable {
    /// The lab of the present test.
    @TaskLocal static var current: PenstockLab?

    let redis: RedisServerProcess
    let directory: URL
    private let processes = Mutex<[LabProcess]>([])
    private let clients = Mutex<[WebClient]>([])
    private let hasFailed = Mutex(false)
    private let names = Mutex<[String: Int]>([:])

    private init() async throws {
        redis = try await RedisServerProcess(arguments: ["--appendonly", "yes"])
        // Short, for the paths of unix sockets are.
        directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-lab-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Runs `body` in a new lab. Fails also where a client saw something that the protocol forbids, or where a process
    /// ended that was not told to.
    static func with(_ body: (PenstockLab) async throws -> Void) async throws {
        let lab = try await PenstockLab()
        try await $current.withValue(lab) {
            let result: Result<Void, any Error>
            do { result = .success(try await body(lab)) } catch { result = .failure(error) }
            await lab.finish(result)
            try result.get()
        }
    }

    private func finish(_ result: Result<Void, any Error>) async {
        let clients = clients.withLock { $0 }
        for client in clients {
            await client.leave()
            for violation in client.violations { Issue.record("against the protocol: \(violation)") }
        }
        let processes = processes.withLock { $0 }
        for process in processes where process.endedUnasked { Issue.record("\(process.name) ended by itself") }
        await withDiscardingTaskGroup { group in
            for process in processes { group.addTask { await process.end() } }
        }
        if case .failure = result { noteFailure() }
        if hasFailed.withLock({ $0 }) { report(processes, clients) }
        try? FileManager.default.removeItem(at: directory)
    }

    private func report(_ processes: [LabProcess], _ clients: [WebClient]) {
        var text = "what the lab saw"
        for client in clients { text += "\n\(client.summary)" }
        for process in processes {
            let output = process.output
            let lines = output.split(separator: "\n")
            text += "\n--- \(process.name)\n" + lines.suffix(30).joined(separator: "\n")
            Attachment.record(output, named: "\(process.name).log")
        }
        Issue.record("\(text)", severity: .warning)
    }

    /// Something in this lab's test failed.
    func noteFailure() { hasFailed.withLock { $0 = true } }

    /// Starts a process that ends with the lab. Each has a name of its own in the logs.
    func start(
        _ name: String, _ program: URL, _ arguments: [String], separateErrors: Bool = false
    ) throws -> LabProcess {
        let number = names.withLock { names in
            names[name, default: 0] += 1
            return names[name, default: 1]
        }
        let process = try LabProcess(
            number == 1 ? name : "\(name)-\(number)", program, arguments, in: directory,
            separateErrors: separateErrors)
        processes.withLock { $0.append(process) }
        return process
    }

    func client(of frontend: Frontend) async throws -> WebClient {
        let client = try await WebClient("client \(clients.withLock { $0.count } + 1)", frontend.webSocket)
        clients.withLock { $0.append(client) }
        return client
    }
}

extension Trait where Self == IssueHandlingTrait {
    /// Lets the lab of a failed test tell what it saw.
    static var withLabReport: Self {
        .compactMapIssues { issue in
            if issue.severity >= .error { PenstockLab.current?.noteFailure() }
            return issue
        }
    }
}

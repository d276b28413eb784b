import Foundation
import FrontendClient
import Shared
import Synchronization
import TestSupport

/// A frontend or a worker: the process that is it now, and the proxy through which it reaches Redis.
final class Node: Sendable {
    private struct State {
        var process: LabProcess?
        var url: FrontendURL?
        var starts = 0
        /// Whether something is done to the process; whether something is done to its network.
        var isProcessTaken = false
        var isNetworkTaken = false
    }

    let name: String
    let role: NodeID.Role
    let proxy: TCPProxy
    private let directory: URL
    private let arguments: [String]
    private let environment: [String: String]
    private let state = Mutex(State())

    init(
        _ name: String, _ role: NodeID.Role, proxy: TCPProxy, directory: URL, arguments: [String],
        environment: [String: String]
    ) {
        self.name = name
        self.role = role
        self.proxy = proxy
        self.directory = directory
        self.arguments = arguments
        self.environment = environment
    }

    /// Where clients connect to this frontend, while it runs.
    var url: FrontendURL? { state.withLock { $0.process?.isRunning == true ? $0.url : nil } }

    /// The number of the process that is this node now.
    var processID: Int32? { state.withLock { $0.process?.processID } }

    var isRunning: Bool { state.withLock { $0.process?.isRunning ?? false } }

    /// The log of each process that was this node.
    var logs: [URL] {
        state.withLock { state in
            state.starts == 0 ? [] : (1...state.starts).map { directory.appending(path: "\(name).\($0).log") }
        }
    }

    /// Takes hold of the process, if nobody else has.
    func takeProcess() -> Bool {
        state.withLock { state in
            guard !state.isProcessTaken else { return false }
            state.isProcessTaken = true
            return true
        }
    }

    func giveProcessBack() { state.withLock { $0.isProcessTaken = false } }

    func takeNetwork() -> Bool {
        state.withLock { state in
            guard !state.isNetworkTaken else { return false }
            state.isNetworkTaken = true
            return true
        }
    }

    func giveNetworkBack() { state.withLock { $0.isNetworkTaken = false } }

    /// Starts a process, and waits until it serves. Not until it is ready, for which Redis may have to be there.
    func start() async throws {
        let number = state.withLock { state in
            state.starts += 1
            return state.starts
        }
        let process = try LabProcess(
            "\(name).\(number)", role == .frontend ? Programs.frontend : Programs.worker,
            [
                "--redis-url", "redis://127.0.0.1:\(proxy.port)", "--admin-listen", "127.0.0.1:0",
            ] + arguments,
            in: directory, environment: environment)
        state.withLock { $0.process = process }
        let mark = role == .frontend ? #/ serving .*address="?http://127\.0\.0\.1:(\d+)/# : #/ starting .*(queue=)/#
        // Where it listens it tells in its log; it may also be killed before it does.
        try await eventually("\(name) serves", within: .seconds(60)) {
            process.output.contains(mark) || !process.isRunning
        }
        guard role == .frontend, let port = process.output.firstMatch(of: mark)?.1 else { return }
        let url = try FrontendURL("ws://127.0.0.1:\(port)/ws")
        state.withLock { $0.url = url }
    }

    func signal(_ number: Int32) { state.withLock { $0.process }?.signal(number) }

    /// Waits until it has ended: its exit status, or nil if it did not end.
    func exitStatus(within limit: Duration) async -> Int32? {
        await state.withLock { $0.process }.flatMapAsync { try? await $0.exitStatus(within: limit) }
    }

    func end() async {
        await state.withLock { $0.process }?.end()
        await proxy.close()
    }
}

extension Optional {
    fileprivate func flatMapAsync<Value>(_ body: (Wrapped) async -> Value?) async -> Value? {
        guard let self else { return nil }
        return await body(self)
    }
}

package import Foundation
private import Shared
private import Synchronization

/// A process under test. It leads a process group of its own; its output goes to files.
package final class LabProcess: Sendable {
    package let name: String
    /// Standard output and, unless they are told apart, standard error.
    package let log: URL
    /// Standard error, where it has a file of its own.
    package let errors: URL
    private let process: Process
    private let isTold = Mutex(false)

    /// Starts `program`. `PENSTOCK_…` of the tests' environment is kept from it, and `environment` is added.
    package init(
        _ name: String, _ program: URL, _ arguments: [String], in directory: URL, separateErrors: Bool = false,
        environment: [String: String] = [:]
    ) throws {
        self.name = name
        log = directory.appending(path: "\(name).log")
        errors = separateErrors ? directory.appending(path: "\(name).errors") : log
        process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PENSTOCK_") }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = try Self.create(log)
        process.standardOutput = output
        process.standardError = separateErrors ? try Self.create(errors) : output
        process.terminationHandler = { ProcessKeeper.shared.takeBack($0) }
        try process.start()
        ProcessKeeper.shared.entrust(process)
    }

    private static func create(_ file: URL) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw LabFailure(description: "\(file.path) cannot be written")
        }
        return try FileHandle(forWritingTo: file)
    }

    package var isRunning: Bool { process.isRunning }
    package var processID: Int32 { process.processIdentifier }

    /// Whether it ended though nobody told it to.
    package var endedUnasked: Bool { !isRunning && !isTold.withLock { $0 } }

    /// Sends it a signal, of which it may end.
    package func signal(_ number: Int32) {
        isTold.withLock { $0 = true }
        if process.isRunning { kill(process.processIdentifier, number) }
    }

    /// Waits for its end and returns its exit status; a signal's is 128 and its number, as a shell says it.
    package func exitStatus(within limit: Duration = .seconds(30)) async throws -> Int32 {
        isTold.withLock { $0 = true }
        try await eventually("\(name) ends", within: limit) { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Kills it and whatever it has started, and waits until it is gone.
    package func end() async {
        isTold.withLock { $0 = true }
        guard process.isRunning else { return }
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        try? await eventually("\(name) is gone") { !process.isRunning }
    }

    /// What it has written so far.
    package var output: String { Self.read(log) }
    package var errorOutput: String { Self.read(errors) }

    private static func read(_ file: URL) -> String {
        (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

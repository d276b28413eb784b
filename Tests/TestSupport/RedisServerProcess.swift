package import Foundation
private import NIOCore
package import Shared

/// A `redis-server` of a test's own, on a free port, with a directory of its own that is removed with it.
///
/// It is killed at the latest when this object goes, or the test runner. Throws, and so fails the test, where `redis-server`
/// is missing.
package final class RedisServerProcess: @unchecked Sendable {
    // `@unchecked Sendable`: the process is only started and ended by the one test that owns it.

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package private(set) var port = 0
    /// How the tests' own clients connect.
    package private(set) var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
    package let directory: URL
    private let arguments: [String]
    private let tls: (certificate: String, key: String)?
    private let credentials: String?
    private var process: Process?

    /// `tls` is a certificate and its key, PEM files: the port then speaks TLS only, and asks clients for no certificate.
    /// `credentials` (`user:password`) are those of `url` and `configuration`, where the arguments ask for some.
    package init(
        arguments: [String] = [], tls: (certificate: String, key: String)? = nil, credentials: String? = nil
    ) async throws {
        directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.arguments = arguments
        self.tls = tls
        self.credentials = credentials
        // Between the choice of a port and its use another server may have taken it.
        for attempt in 1... {
            port = try Self.freePort()
            configuration = try RedisConfiguration(patient: url)
            do {
                try await start()
                return
            } catch let failure as Failure where attempt < 5 && failure.description.contains("Address already in use") {
            }
        }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: directory)
    }

    package var url: String {
        let authority = (credentials.map { "\($0)@" } ?? "") + "127.0.0.1:\(port)"
        return tls.map { "rediss://\(authority)?tls_ca_file=\($0.certificate)" } ?? "redis://\(authority)"
    }

    private var ports: [String] {
        guard let tls else { return ["--port", "\(port)"] }
        return [
            "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", tls.certificate, "--tls-key-file", tls.key,
            "--tls-ca-cert-file", tls.certificate, "--tls-auth-clients", "no",
        ]
    }

    /// Listens there when started with `--unixsocket redis.sock`: paths are relative to the directory.
    package var socketPath: String { directory.appending(path: "redis.sock").path }

    /// Starts the server, again on the same port and directory, and waits until it listens.
    package func start() async throws {
        try? FileManager.default.removeItem(at: logFile)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["redis-server", "--bind", "127.0.0.1", "--dir", directory.path, "--save", "", "--logfile", "redis.log"]
            + arguments + ports
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
        ProcessKeeper.shared.entrust(process)
        self.process = process
        if try await Self.listens(process, at: port, saying: "Server initialized", in: logFile) { return }
        kill()
        let log = Self.text(of: logFile)
        throw Failure(description: "redis-server did not start (is it installed?): \(log.isEmpty ? "no log" : log)")
    }

    private var logFile: URL { directory.appending(path: "redis.log") }

    /// Waits until a server that was started listens. Whoever answers at `port` may be another one: its own log says `words` then. Returns false
    /// where it has ended, or does not listen in time.
    static func listens(_ process: Process, at port: Int, saying words: String, in log: URL) async throws -> Bool {
        for _ in 0..<500 {
            guard process.isRunning else { return false }
            if text(of: log).contains(words), canConnect(port) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private static func text(of log: URL) -> String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Kills the server at once, as a crash would.
    package func kill() {
        guard let process else { return }
        self.process = nil
        _ = signal(SIGKILL, process)
        process.waitUntilExit()
        ProcessKeeper.shared.takeBack(process)
    }

    /// Ends the server as its operator would: it saves what it has to. Kills it where it does not end within `limit`.
    package func terminate(within limit: Duration = .seconds(10)) async {
        guard let process else { return }
        _ = signal(SIGTERM, process)
        try? await eventually("Redis ends", within: limit) { !process.isRunning }
        kill()
    }

    /// Stops it from doing anything, its sockets staying open.
    package func freeze() { if let process { _ = signal(SIGSTOP, process) } }
    package func thaw() { if let process { _ = signal(SIGCONT, process) } }

    private func signal(_ number: Int32, _ process: Process) -> Int32 {
        process.isRunning ? Foundation.kill(process.processIdentifier, number) : 0
    }

    static func freePort() throws -> Int {
        let (descriptor, _) = try openSocket(port: 0, listening: true)
        defer { close(descriptor) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func canConnect(_ port: Int) -> Bool {
        guard let (descriptor, connected) = try? openSocket(port: port, listening: false) else { return false }
        close(descriptor)
        return connected
    }

    private static func openSocket(port: Int, listening: Bool) throws -> (Int32, Bool) {
        #if canImport(Glibc)
        let stream = Int32(SOCK_STREAM.rawValue)
        #else
        let stream = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                return listening ? bind(descriptor, $0, length) : connect(descriptor, $0, length)
            }
        }
        return (descriptor, result == 0)
    }
}

extension RedisConfiguration {
    /// For tests: a machine with much else to do is no failure.
    package init(patient url: String) throws {
        try self.init(url: url)
        connectTimeout = .seconds(30)
        commandTimeout = .seconds(30)
    }
}

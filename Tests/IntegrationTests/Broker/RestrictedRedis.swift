import Foundation
import Shared
import TestSupport
import Testing

/// A Redis as it should be run: TLS only, nobody let in without a name, each role with the rights of
/// `deploy/redis/users.acl` and no more.
struct RestrictedRedis: Sendable {
    let process: RedisServerProcess
    private let certificate: String

    init() async throws {
        let tls = try Self.tls.get()
        certificate = tls.certificate
        process = try await RedisServerProcess(arguments: ["--aclfile", tls.users], tls: (tls.certificate, tls.key))
    }

    func url(_ user: String) -> String {
        "rediss://\(user):\(Self.password(user))@127.0.0.1:\(process.port)?tls_ca_file=\(certificate)"
    }

    func configuration(_ user: String) throws -> RedisConfiguration { try RedisConfiguration(url: url(user)) }

    private static func password(_ user: String) -> String { "secret-of-\(user)" }

    /// The file as it is delivered, with passwords in the places for them.
    private static func users() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../deploy/redis/users.acl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let name = line.split(separator: " ")[1]
            return line.replacing("#\(name)-sha256", with: ">\(password(String(name)))") + "\n"
        }.joined()
    }

    /// One certificate and one file of users for all tests of the process.
    private static let tls = Result { () throws -> (certificate: String, key: String, users: String) in
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-tls-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let (certificate, key) = (directory.appending(path: "cert.pem").path, directory.appending(path: "key.pem").path)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
            "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        let users = directory.appending(path: "users.acl")
        try Self.users().write(to: users, atomically: true, encoding: .utf8)
        return (certificate, key, users.path)
    }
}

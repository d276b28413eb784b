private import Foundation
package import Shared

/// A Redis as it should be run: TLS only, nobody let in without a name, each role with the rights of
/// `deploy/redis/users.acl` and no more.
package struct RestrictedRedis: Sendable {
    package let process: RedisServerProcess
    private let certificate: String

    package init() async throws {
        let tls = try Self.tls.get()
        certificate = tls.certificate
        process = try await RedisServerProcess(
            arguments: ["--aclfile", tls.users], tls: (tls.certificate, tls.key),
            credentials: "tests:\(Self.password("tests"))")
    }

    package func url(_ user: String) -> String {
        "rediss://\(user):\(Self.password(user))@127.0.0.1:\(process.port)?tls_ca_file=\(certificate)"
    }

    package func configuration(_ user: String) throws -> RedisConfiguration {
        try RedisConfiguration(patient: url(user))
    }

    private static func password(_ user: String) -> String { "secret-of-\(user)" }

    /// The file as it is delivered, with passwords in the places for them; and a user for what tests do to Redis themselves.
    private static func users() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../deploy/redis/users.acl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let name = line.split(separator: " ")[1]
            return line.replacing("#\(name)-sha256", with: ">\(password(String(name)))") + "\n"
        }.joined() + "user tests on >\(password("tests")) ~* &* +@all\n"
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
        try openssl.start()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else {
            throw RedisServerProcess.Failure(description: "openssl made no certificate (is it installed?)")
        }
        let users = directory.appending(path: "users.acl")
        try Self.users().write(to: users, atomically: true, encoding: .utf8)
        return (certificate, key, users.path)
    }
}

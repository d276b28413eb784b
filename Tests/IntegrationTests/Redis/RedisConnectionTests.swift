import Foundation
import NIOCore
import Shared
import TestSupport
import Testing

/// Each way to reach Redis, and to be let in.
@Suite struct RedisConnectionTests {
    private func client(_ url: String) throws -> RedisClient {
        try RedisClient(RedisConfiguration(patient: url), on: RedisTestCase.loop, logger: RedisTestCase.logger)
    }

    @Test(.timeLimit(.minutes(1))) func aPasswordAndADatabase() async throws {
        let server = try await RedisServerProcess(arguments: ["--requirepass", "p@ss:/word"])
        defer { server.kill() }
        let client = try client("redis://:p%40ss%3A%2Fword@127.0.0.1:\(server.port)/5?client_name=penstock")
        let info = try await client.call("CLIENT", "INFO").string ?? ""
        #expect(info.contains("db=5"))
        #expect(info.contains("name=penstock"))
        try await client.close().get()

        let wrong = try self.client("redis://:wrong@127.0.0.1:\(server.port)")
        do {
            _ = try await wrong.call("PING")
            Issue.record("let in")
        } catch {
            #expect(error.code == .authenticationFailed)
            #expect((error.underlying as? RedisError)?.code == .redis(kind: "WRONGPASS"))
            #expect(!"\(error)".contains("wrong@"))
        }
        try await wrong.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aUserWithFewRights() async throws {
        let server = try await RedisServerProcess(arguments: [
            "--user", "few", "on", ">secret", "~a*", "&a*", "+get", "+set", "+subscribe", "+ping",
        ])
        defer { server.kill() }
        let client = try client("redis://few:secret@127.0.0.1:\(server.port)?client_name=few")
        #expect(try await client.call("SET", "a", 1).string == "OK")
        #expect(await RedisTestCase.code { try await client.call("SET", "b", 1) } == .redis(kind: "NOPERM"))
        try await client.close().get()

        let subscriber = try RedisTestCase.subscriber(server) {
            $0.username = "few"
            $0.password = "secret"
        }
        let (good, bad) = try await RedisTestCase.onLoop {
            (subscriber.subscribe("a1") { _ in }, subscriber.subscribe("b1") { _ in })
        }
        try await good.confirmed.get()
        #expect(await RedisTestCase.code { try await bad.confirmed.get() } == .redis(kind: "NOPERM"))
        try await subscriber.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aUnixSocket() async throws {
        let server = try await RedisServerProcess(arguments: ["--unixsocket", "redis.sock"])
        defer { server.kill() }
        let client = try client("redis+unix://\(server.socketPath)?db=2")
        #expect(try await client.call("CLIENT", "INFO").string?.contains("db=2") == true)
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func tlsIsVerified() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-tls-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (certificate, key) = (directory.appending(path: "cert.pem").path, directory.appending(path: "key.pem").path)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.start()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)

        let server = try await RedisServerProcess(tls: (certificate, key))
        defer { server.kill() }
        for host in ["localhost", "127.0.0.1"] {
            let trusted = try client("rediss://\(host):\(server.port)?tls_ca_file=\(certificate)")
            #expect(try await trusted.call("PING").string == "PONG")
            try await trusted.call("SET", "large", .bytes(Array(repeating: 65, count: 1_000_000)))
            #expect(try await trusted.call("GET", "large").bytes?.count == 1_000_000)
            try await trusted.close().get()
        }
        let untrusting = try client("rediss://localhost:\(server.port)")
        #expect(
            await RedisTestCase.code { try await untrusting.call("PING", timeout: .after(.seconds(1))) } == .timeout)
        try await untrusting.close().get()
        #expect(
            await RedisTestCase.code { try client("rediss://localhost?tls_ca_file=/nowhere.pem") }
                == .invalidConfiguration)
    }

    @Test(.timeLimit(.minutes(1))) func aMissingPasswordIsRefused() async throws {
        let server = try await RedisServerProcess(arguments: ["--requirepass", "x"])
        defer { server.kill() }
        let client = try client("redis://127.0.0.1:\(server.port)")
        #expect(
            await RedisTestCase.code { try await client.call("PING", timeout: .after(.seconds(30))) }
                == .authenticationFailed)
        try await client.close().get()
    }
}

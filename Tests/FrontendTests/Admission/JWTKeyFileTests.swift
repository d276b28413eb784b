import Foundation
import Logging
import Shared
import TestSupport
import Testing

@testable import Frontend

@Suite("JWTKeyFile")
struct JWTKeyFileTests {
    private func keys(_ text: String) async throws(JWTKeyError) -> [JWTKey.Algorithm] {
        try await JWTKeyFile.keys(in: Array(text.utf8)).map(\.algorithm)
    }

    private func refusal(_ text: String) async -> String {
        do throws(JWTKeyError) {
            return "\(try await keys(text))"
        } catch {
            return "\(error)"
        }
    }

    @Test func tellsWhatAFileHoldsByItsForm() async throws {
        let (rsa, p256) = (try await TokenMint(.rsa), try await TokenMint(.p256))
        #expect(try await keys("a comment\n" + rsa.file) == [.rs256])
        #expect(try await keys(p256.file) == [.es256])
        #expect(try await keys(TokenMint.secretText + "\r\n") == [.hs256])
        #expect(try await keys("base64:" + Data(repeating: 0xFB, count: 32).base64EncodedString()) == [.hs256])
        #expect(try await keys("  {\(p256.jwk), \"kid\": \"1\"}") == [.es256])
        #expect(try await keys("{\"keys\": [{\(p256.jwk)}, {\(rsa.jwk)}, {\"kty\": \"future\"}]}") == [.es256, .rs256])
        let directory = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = directory.appending(path: "key.pem").path
        for kind in [["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]] {
            let arguments =
                ["req", "-x509", "-newkey"] + kind + ["-nodes", "-days", "2", "-subj", "/CN=x", "-keyout", key]
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments + ["-out", directory.appending(path: "cert.pem").path]
            process.standardError = FileHandle.nullDevice
            try process.start()
            process.waitUntilExit()
            let certificate = try String(contentsOf: directory.appending(path: "cert.pem"), encoding: .utf8)
            #expect(try await keys(certificate) == [kind[0] == "ec" ? .es256 : .rs256])
        }
    }

    @Test func refusesWhatCouldBeTakenForSomethingElse() async throws {
        let rsa = try await TokenMint(.rsa)
        let body = rsa.file.split(separator: "\n").filter { !$0.hasPrefix("-") }
        let cases: [(String, String)] = [
            ("", "32 bytes"), ("short", "32 bytes"), ("base64:AAAA", "32 bytes"), ("base64:*", "not base64"),
            (rsa.file + rsa.file, "several PEM blocks"), (body.joined(), "BEGIN and END"),
            (body.joined(separator: "\n"), "white space"),
            ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 me", "white space"),
            (try TokenMint.openssl("genrsa", "2048"), "private key"),
            (try TokenMint.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"), "private key"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "neither"),
            ("{", "not a JSON Web Key Set"), ("{\"keys\": []}", "no key"), ("{\"keys\": 5}", "not a JSON Web Key Set"),
            ("{\"keys\": [{\"kty\": \"OKP\"}]}", "no key"),
            ("{\"keys\": [{\"kty\": \"RSA\", \"kid\": \"a\"}]}", "\"a\""),
            ("{\"keys\": [{\"kty\": \"oct\", \"k\": \"AAAA\"}]}", "32 bytes"),
            ("{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AAAA\", \"y\": \"AAAA\"}]}", "without kid"),
            ("{\"keys\": [{\(rsa.jwk), \"kid\": \"a\"}, {\(rsa.jwk), \"kid\": \"a\"}]}", "one kid"),
        ]
        for (text, expected) in cases {
            let message = await refusal(text)
            #expect(message.contains(expected), "\(text.prefix(40)): \(message)")
            #expect(text.isEmpty || !message.contains(text))
        }
        await #expect(throws: JWTKeyError.self) { try await JWTKeyFile.keys(in: [0x30, 0x82, 0xFF, 0xFE]) }
        #expect(throws: JWTKeyError.self) { try JWTKeyFile(path: "/nowhere/key").contents() }
        #expect(throws: JWTKeyError.self) { try JWTKeyFile(path: "/").contents() }
    }

    @Test(.timeLimit(.minutes(1))) func isReadAgain() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-key-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }
        let (first, second) = (try await TokenMint(.p256), try await TokenMint(.p256))
        try write(first.file)
        let file = JWTKeyFile(path: path)
        let contents = try file.contents()
        let authenticator = JWTAuthenticator(keys: try await JWTKeyFile.keys(in: contents), policy: .init())
        let watch = JWTKeyFileWatch(
            file: file, authenticator: authenticator, contents: contents, interval: .milliseconds(5),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let (old, new) = (
            try await first.token(TokenMint.claims(from: .now())),
            try await second.token(TokenMint.claims(from: .now()))
        )
        // A file that is no good changes nothing.
        try write("nonsense")
        await #expect(throws: JWTKeyError.self) { try await watch.readAgain(after: contents) }
        #expect(throws: Never.self) { try authenticator.authenticate(old) }
        try write(first.file)
        #expect(try await watch.readAgain(after: contents) == contents)
        try await withThrowingTaskGroup { group in
            group.addTask { try await watch.run() }
            try write(second.file)
            try await eventually("the new key is in use") { (try? authenticator.authenticate(new)) != nil }
            #expect(throws: AuthenticationFailure.signature) { try authenticator.authenticate(old) }
            group.cancelAll()
        }
    }
}

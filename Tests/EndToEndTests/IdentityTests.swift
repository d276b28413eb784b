import Foundation
import JWTKit
import NIOHTTP1
import Shared
import TestSupport
import Testing

extension EndToEnd {
    /// Owners, an operator and strangers, at nodes that are users of their own at a Redis that speaks TLS only.
    @Suite("identity") struct IdentityTests {
        private static let secret = "a-secret-of-at-least-32-bytes-0123456789"

        private struct Claims: JWTPayload {
            var sub: String
            var exp: Int
            var scope: String?

            func verify(using algorithm: some JWTAlgorithm) {}
        }

        private struct Answer: Decodable {
            var content: String
            var messageID: MessageID

            enum CodingKeys: String, CodingKey {
                case content
                case messageID = "message_id"
            }
        }

        private func token(_ owner: String, lasting seconds: Int = 3600, scope: String? = nil) async throws -> String {
            let keys = await JWTKeyCollection().add(hmac: HMACKey(from: Self.secret), digestAlgorithm: .sha256)
            return try await keys.sign(
                Claims(sub: owner, exp: Int(Date().timeIntervalSince1970) + seconds, scope: scope))
        }

        private func file(_ name: String, _ text: String, in lab: PenstockLab) throws -> String {
            let file = lab.directory.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }

        @Test("over TLS and with few rights everybody does what is theirs, and nothing else")
        func journey() async throws {
            let redis = try await RestrictedRedis()
            defer { redis.process.kill() }
            try await PenstockLab.with { lab in
                let key = try file("key", Self.secret, in: lab)
                async let starting = lab.worker("--redis-url", redis.url("worker"))
                let frontend = try await lab.frontend("--redis-url", redis.url("frontend"), "--jwt-key-file", key)
                _ = try await starting
                let (ada, eve) = (try await token("ada"), try await token("eve"))
                let root = try await token("root", scope: "openid penstock:operate")
                let files = (
                    ada: try file("ada", ada + "\n", in: lab), eve: try file("eve", eve, in: lab),
                    root: try file("root", root, in: lab),
                    old: try file("old", try await token("ada", lasting: -1), in: lab)
                )
                let url = "\(frontend.webSocket)"

                let sent = try await lab.penstock(
                    "send", "hello", "--url", url, "--token-file", files.ada, "--count", "5", "--interval-ms", "1",
                    "-o", "json")
                #expect(sent.status == 0, "\(sent.errors)")
                let answer = try sent.decode(Answer.self)
                #expect(answer.content == counted(5))
                let shown = try await lab.penstock(
                    "show", "\(answer.messageID)", "--url", url, "--token-file", files.ada)
                #expect(shown.status == 0 && shown.output.contains(counted(5)), "\(shown.errors)")
                let hidden = try await lab.penstock(
                    "show", "\(answer.messageID)", "--url", url, "--token-file", files.eve)
                #expect(hidden.status == 4, "\(hidden.output)")

                for (options, expected) in [([], "AUTH_REQUIRED"), (["--token-file", files.old], "401")] {
                    let process = try lab.starting(["send", "hello", "--url", url] + options)
                    #expect(try await process.exitStatus() == 1)
                    #expect(process.errorOutput.contains(expected), "\(process.errorOutput)")
                }

                let id = RequestID.random()
                let sending = try lab.starting([
                    "send", "hello", "--url", url, "--token-file", files.ada, "--id", "\(id)", "--interval-ms",
                    "\(minute)",
                ])
                try await eventually("the first number is printed", within: .seconds(30)) {
                    sending.output.hasPrefix("0 ")
                }
                try await strangers(id, ada: ada, eve: eve, root: root, at: frontend.http)
                let foreign = try await lab.penstock("stop", "\(id)", "--url", url, "--token-file", files.eve)
                #expect(foreign.status == 4, "\(foreign.output)")
                let listed = try await lab.penstock("ps", "--redis-url", redis.url("viewer"))
                #expect(listed.status == 0 && listed.output.contains("\(id)"), "\(listed.errors)")
                let stopped = try await lab.penstock("stop", "\(id)", "--url", url, "--token-file", files.root)
                #expect(stopped.status == 0, "\(stopped.errors)")
                #expect(try await sending.exitStatus() == 2)
                let saved = try await frontend.http.call(.GET, "/messages/\(id)", token: ada).decode(MessageRecord.self)
                #expect(saved.content == "0 ")
                #expect(saved.stop?.by == .operator)
            }
        }

        /// What others are told of ada's request `id`, over HTTP.
        private func strangers(
            _ id: RequestID, ada: String, eve: String, root: String, at http: HTTPTarget
        ) async throws {
            let unknown = RequestID.random()
            for (method, path) in [("DELETE", "/requests/"), ("POST", "/messages/"), ("GET", "/messages/")] {
                let rest = method == "POST" ? "/stop" : ""
                let foreign = try await http.call(.init(rawValue: method), "\(path)\(id)\(rest)", token: eve)
                let missing = try await http.call(.init(rawValue: method), "\(path)\(unknown)\(rest)", token: eve)
                #expect(foreign.status == 404)
                #expect(foreign.status == missing.status && foreign.text == missing.text)
                for bad in [nil, "x.y.z", ada + "x"] {
                    #expect(
                        try await http.call(.init(rawValue: method), "\(path)\(id)\(rest)", token: bad).status == 401)
                }
            }
            #expect(try await http.call(.GET, "/requests", token: ada).status == 403)
            let list = try await http.call(.GET, "/requests", token: root)
            #expect(list.status == 200 && list.text.contains("\(id)") && list.text.contains(#""owner":"ada""#))
        }

        @Test("a frontend that asks nobody keeps to itself")
        func refusals() async throws {
            try await PenstockLab.with { lab in
                let key = try file("key", Self.secret, in: lab)
                let short = try file("short", "short", in: lab)
                let cases: [([String], String)] = [
                    (["--listen", "0.0.0.0:0"], "--jwt-key-file"),
                    (["--listen", "[::]:0"], "--allow-anonymous"),
                    (["--jwt-key-file", key, "--allow-anonymous"], "allow-anonymous"),
                    (["--jwt-key-file", short], "32 bytes"),
                    (["--jwt-key-file", "/nowhere"], "cannot be read"),
                    (["--jwt-audience", "x"], "jwt-key-file"),
                ]
                for (options, expected) in cases {
                    let process = try lab.start("refused", Programs.frontend, ["--redis-url", lab.redis.url] + options)
                    #expect(try await process.exitStatus() != 0)
                    #expect(process.output.contains(expected), "\(options): \(process.output)")
                    #expect(!process.output.contains(Self.secret))
                }
            }
        }
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

@Suite struct RedisScriptCallTests {
    private let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")

    @Test(.timeLimit(.minutes(1))) func isLoadedByTheHandshake() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server, scripts: [script])
        #expect(try await client.call("EVALSHA", .string(script.sha1), 1, "k", "v")[2] == .integer(1))
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func isSentWhenRedisForgotIt() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server, scripts: [script])
        #expect(try await client.evaluate(script, keys: ["k"], args: ["v"]).get()[2] == .integer(1))
        try await client.call("SCRIPT", "FLUSH")
        #expect(try await client.evaluate(script, keys: ["k"], args: [7]).get()[1]?.string == "7")
        #expect(try await client.call("SCRIPT", "EXISTS", .string(script.sha1)) == .array([.integer(1)]))
        #expect(
            await RedisTestCase.code {
                try await client.evaluate(RedisScript("return redis.error_reply('MINE x')"), keys: []).get()
            } == .redis(kind: "MINE"))
        try await client.close().get()
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

@Suite struct RedisBlockingConnectionTests {
    private let read = RedisCommand("XREADGROUP", "GROUP", "g", "me", "BLOCK", 20_000, "STREAMS", "s", ">")

    private func prepared() async throws -> (RedisServerProcess, RedisClient, RedisBlockingConnection) {
        let server = try await RedisServerProcess()
        let client = try RedisTestCase.client(server)
        try await client.call("XGROUP", "CREATE", "s", "g", 0, "MKSTREAM")
        let connection = try RedisBlockingConnection(
            server.configuration, on: RedisTestCase.loop, logger: RedisTestCase.logger)
        return (server, client, connection)
    }

    private func blocks(_ client: RedisClient) async throws {
        try await eventually("it blocks") {
            try await client.call("INFO", "clients").string?.contains("blocked_clients:1") == true
        }
    }

    @Test(.timeLimit(.minutes(1))) func readsAndIsUnblocked() async throws {
        let (server, client, connection) = try await prepared()
        defer { server.kill() }
        #expect(await connection.clientID() == nil)
        async let first = connection.send(read, timeout: .after(.seconds(30)))
        try await blocks(client)
        try await client.call("XADD", "s", "*", "a", "b")
        #expect(try await first[0]?[0]?.string == "s")

        async let second = connection.send(read, timeout: .after(.seconds(30)))
        try await blocks(client)
        let id = try #require(await connection.clientID())
        #expect(try await client.call("CLIENT", "UNBLOCK", .integer(id)) == .integer(1))
        #expect(try await second == .null)
        try await client.close().get()
        try await connection.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func connectsAgainWhenUsedAgain() async throws {
        let (server, client, connection) = try await prepared()
        defer { server.kill() }
        async let first = RedisTestCase.code { try await connection.send(read, timeout: .none) }
        try await blocks(client)
        let id = try #require(await connection.clientID())
        try await client.call("CLIENT", "KILL", "ID", .integer(id))
        #expect(await first == .connectionLost)
        try await client.call("XADD", "s", "*", "a", "b")
        #expect(try await connection.send(read, timeout: .after(.seconds(10)))[0]?[0]?.string == "s")
        #expect(await connection.clientID() != id)
        try await client.close().get()
        try await connection.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledReaderTakesNothing() async throws {
        let (server, client, connection) = try await prepared()
        defer { server.kill() }
        let command = read
        try await withThrowingTaskGroup(of: RedisError.Code?.self) { group in
            group.addTask { await RedisTestCase.code { try await connection.send(command, timeout: .none) } }
            try await blocks(client)
            group.cancelAll()
            #expect(try await group.next() == .cancelled)
        }
        try await eventually("Redis knows") {
            try await client.call("INFO", "clients").string?.contains("blocked_clients:0") == true
        }
        try await client.call("XADD", "s", "*", "a", "b")
        #expect(try await client.call("XPENDING", "s", "g")[0] == .integer(0))
        try await client.close().get()
        try await connection.close().get()
    }
}

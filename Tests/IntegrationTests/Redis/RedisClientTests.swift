import NIOCore
import Shared
import TestSupport
import Testing

@Suite struct RedisClientTests {
    @Test(.timeLimit(.minutes(1))) func answersInTheOrderOfTheCalls() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        let answers = try await RedisTestCase.onLoop {
            (0..<10_000).map { _ in client.send(RedisCommand("INCR", "n")) }
        }
        for (index, answer) in answers.enumerated() {
            let reply = try await answer.get()
            if reply != .integer(index + 1) { Issue.record("\(index): \(reply)") }
        }
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func submissionsAnswerEachOfTheirCommands() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("PING")
        let record = EventRecorder()
        try await RedisTestCase.onLoop {
            for round in 0..<1_000 {
                client.submit(commands: 3) { buffer in
                    buffer.writeRedisCommands(capacity: 300) { writer in
                        writer.command(arguments: 2)
                        writer.argument("INCR")
                        writer.argument("n")
                        writer.command(arguments: 2)
                        writer.argument("LPOP")
                        writer.argument("n")
                        writer.command(arguments: 2)
                        writer.argument("ECHO")
                        writer.argument(round)
                    }
                } completion: { index, result in
                    switch result {
                    case .success(var reader): record.record("\(round).\(index) \(reader.reply().string ?? "-")")
                    case .failure(let error): record.record("\(round).\(index) \(error.code)")
                    }
                }
            }
        }
        try await client.call("PING")
        let expected = (0..<1_000).flatMap { ["\($0).0 \($0 + 1)", "\($0).1 redis_wrongtype", "\($0).2 \($0)"] }
        #expect(record.events == expected)
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func errorRepliesAreThrownAndTheConnectionGoesOn() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        #expect(await RedisTestCase.code { try await client.call("NONSENSE") } == .redis(kind: "ERR"))
        #expect(try await client.call("SET", "a", "b") == .string([UInt8]("OK".utf8)))
        #expect(try await client.call("GET", "a").string == "b")
        try await client.close().get()
        #expect(await RedisTestCase.code { try await client.call("PING") } == .closed)
    }

    @Test(.timeLimit(.minutes(1))) func commandsWaitForTheServerToComeBack() async throws {
        let server = try await RedisServerProcess(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("SET", "kept", 1)
        server.kill()
        try await eventually("the loss is noticed") { try await !RedisTestCase.onLoop { client.isConnected } }
        let waiting = client.send(RedisCommand("INCR", "kept"), timeout: .after(.seconds(20)))
        try await server.start()
        #expect(try await waiting.get() == .integer(2))
        #expect(try await RedisTestCase.onLoop { client.isConnected })
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func waitingCommandsTimeOutAndSayWhy() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        server.kill()
        let client = try RedisTestCase.client(server)
        do {
            _ = try await client.call("PING", timeout: .after(.seconds(4)))
            Issue.record("answered by nobody")
        } catch {
            #expect(error.code == .timeout)
            #expect((error.underlying as? RedisError)?.code == .connectFailed)
        }
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func whatIsInFlightFailsWhenTheConnectionBreaks() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("PING")
        let blocked = client.send(RedisCommand("BLPOP", "nothing", 0), timeout: .none)
        let behind = client.send(RedisCommand("PING"), timeout: .none)
        let other = try RedisTestCase.client(server)
        try await eventually("it blocks") {
            try await other.call("INFO", "clients").string?.contains("blocked_clients:1") == true
        }
        server.kill()
        #expect(await RedisTestCase.code { try await blocked.get() } == .connectionLost)
        #expect(await RedisTestCase.code { try await behind.get() } == .connectionLost)
        try await client.close().get()
        try await other.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aFrozenServerIsATimeoutAndANewConnection() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("PING")
        server.freeze()
        let patient = client.send(RedisCommand("PING"), timeout: .none)
        let late = client.send(RedisCommand("PING"), timeout: .after(.milliseconds(300)))
        #expect(await RedisTestCase.code { try await late.get() } == .timeout)
        #expect(await RedisTestCase.code { try await patient.get() } == .connectionLost)
        server.thaw()
        try await eventually("it answers again") { await RedisTestCase.code { try await client.call("PING") } == nil }
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func theBoundsAreKept() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        server.kill()
        let client = try RedisTestCase.client(server) {
            $0.maximumPendingCommands = 10
            $0.commandTimeout = .milliseconds(300)
        }
        let answers = try await RedisTestCase.onLoop { (0..<12).map { _ in client.send(RedisCommand("PING")) } }
        var codes: [RedisError.Code?] = []
        for answer in answers { codes.append(await RedisTestCase.code { try await answer.get() }) }
        #expect(codes == Array(repeating: .timeout, count: 10) + [.queueFull, .queueFull])
        try await client.close().get()

        let narrow = try RedisTestCase.client(server) { $0.maximumPendingBytes = 100 }
        let large = narrow.send(
            RedisCommand("ECHO", .bytes(Array(repeating: 65, count: 200))), timeout: .after(.milliseconds(100)))
        #expect(await RedisTestCase.code { try await narrow.call("PING") } == .queueFull)
        #expect(await RedisTestCase.code { try await large.get() } == .timeout)
        try await narrow.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func closingAwaitsWhatIsUnderWay() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        let answers = try await RedisTestCase.onLoop {
            let answers = (0..<100).map { _ in client.send(RedisCommand("INCR", "n")) }
            client.close(grace: .seconds(60))
            return answers
        }
        for answer in answers { _ = try await answer.get() }
        #expect(await RedisTestCase.code { try await client.call("PING") } == .closed)
        try await client.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func closingFailsWhatTakesTooLong() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        let blocked = client.send(RedisCommand("BLPOP", "nothing", 0), timeout: .none)
        try await client.close(grace: .milliseconds(50)).get()
        #expect(await RedisTestCase.code { try await blocked.get() } == .closed)
    }

    @Test(.timeLimit(.minutes(1))) func aReplicaIsLeftForTheServerThatTookOver() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("REPLICAOF", "127.0.0.1", 1)
        let before = try await RedisTestCase.onLoop { client.clientID }
        #expect(await RedisTestCase.code { try await client.call("SET", "a", 1) } == .redis(kind: "READONLY"))
        let promoter = try RedisTestCase.client(server)
        try await promoter.call("REPLICAOF", "NO", "ONE")
        try await eventually("it writes") { await RedisTestCase.code { try await client.call("SET", "a", 1) } == nil }
        #expect(try await RedisTestCase.onLoop { client.clientID } != before)
        try await client.close().get()
        try await promoter.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func underLoadFlushesAreShared() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let client = try RedisTestCase.client(server)
        try await client.call("PING")
        // Many turns of the loop with one command each, from another thread.
        let answers = (0..<20_000).map { _ in client.send(RedisCommand("INCR", "n")) }
        for (index, answer) in answers.enumerated() {
            let reply = try await answer.get()
            if reply != .integer(index + 1) { Issue.record("\(index): \(reply)") }
        }
        try await client.close().get()
    }
}

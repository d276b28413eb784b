import NIOCore
import Shared
import TestSupport
import Testing

@Suite struct RedisSubscriberTests {
    @Test(.timeLimit(.minutes(1))) func messagesComeInOrderToEveryHandler() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let (client, subscriber) = (try RedisTestCase.client(server), try RedisTestCase.subscriber(server))
        let (first, second, other) = (EventRecorder(), EventRecorder(), EventRecorder())
        let subscriptions = try await RedisTestCase.onLoop {
            [
                subscriber.subscribe("a", first.handler), subscriber.subscribe("a", second.handler),
                subscriber.subscribe("b", other.handler),
            ]
        }
        for subscription in subscriptions { try await subscription.confirmed.get() }
        for number in 0..<1_000 { _ = client.send(RedisCommand("PUBLISH", "a", .integer(number))) }
        #expect(try await client.call("PUBLISH", "b", "end") == .integer(1))
        let expected = (0..<1_000).map { "\($0)" }
        try await eventually("all arrive") {
            first.events == expected && second.events == expected && other.events == ["end"]
        }

        subscriptions[0].cancel()
        subscriptions[0].cancel()
        try await client.call("PUBLISH", "a", "more")
        try await eventually("the other stays") { second.events.last == "more" }
        #expect(first.events == expected)
        subscriptions[1].cancel()
        try await eventually("the last leaves") { try await client.call("PUBSUB", "NUMSUB", "a")[1] == .integer(0) }
        try await client.close().get()
        try await subscriber.close().get()
        #expect(
            await RedisTestCase.code {
                try await RedisTestCase.onLoop { subscriber.subscribe("a") { _ in } }.confirmed.get()
            } == .closed)
    }

    @Test(.timeLimit(.minutes(1))) func stormsEndAsWanted() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let (client, subscriber) = (try RedisTestCase.client(server), try RedisTestCase.subscriber(server))
        let names = (0..<50).map { "channel:\($0)" }
        var held: [String: RedisSubscription] = [:]
        var records: [String: EventRecorder] = [:]
        for round in 0..<200 {
            for name in names.shuffled().prefix(20) {
                if let subscription = held.removeValue(forKey: name) {
                    subscription.cancel()
                } else {
                    let record = EventRecorder()
                    records[name] = record
                    held[name] = try await RedisTestCase.onLoop { subscriber.subscribe(name, record.handler) }
                }
            }
            if round == 100 { try await client.call("CLIENT", "KILL", "TYPE", "pubsub") }
        }
        for subscription in held.values { try await subscription.confirmed.get() }
        let wanted = Set(held.keys)
        try await eventually("Redis has the channels wanted") {
            Set(try await client.call("PUBSUB", "CHANNELS").array?.compactMap(\.string) ?? []) == wanted
        }
        for name in names {
            #expect(
                try await client.call("PUBLISH", .string(name), .string("to \(name)"))
                    == .integer(wanted.contains(name) ? 1 : 0))
        }
        for name in wanted {
            try await eventually("\(name) hears") { records[name]?.events.last == "to \(name)" }
        }
        #expect(try await RedisTestCase.onLoop { subscriber.channelCount } == wanted.count)
        try await client.close().get()
        try await subscriber.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func subscribingAgainAtOnceIsHeard() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let (client, subscriber) = (try RedisTestCase.client(server), try RedisTestCase.subscriber(server))
        let record = EventRecorder()
        let last = try await RedisTestCase.onLoop {
            for _ in 0..<99 { subscriber.subscribe("a") { _ in record.record("old") }.cancel() }
            return subscriber.subscribe("a", record.handler)
        }
        try await last.confirmed.get()
        #expect(try await client.call("PUBLISH", "a", "new") == .integer(1))
        try await eventually("it hears") { record.events == ["new"] }
        try await client.close().get()
        try await subscriber.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aLostConnectionIsToldAndMended() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let (client, subscriber) = (try RedisTestCase.client(server), try RedisTestCase.subscriber(server))
        let record = EventRecorder()
        let subscription = try await RedisTestCase.onLoop { subscriber.subscribe("a", record.handler) }
        try await subscription.confirmed.get()
        for round in 1...3 {
            try await client.call("CLIENT", "KILL", "TYPE", "pubsub")
            try await eventually("it is mended") { record.events.count { $0 == "<resumed>" } == round }
            #expect(try await client.call("PUBLISH", "a", .integer(round)) == .integer(1))
            try await eventually("it hears") { record.events.last == "\(round)" }
        }
        #expect(record.events == (1...3).flatMap { ["<interrupted>", "<resumed>", "\($0)"] })

        server.kill()
        try await eventually("the loss is told") { record.events.last == "<interrupted>" }
        try await server.start()
        try await eventually("it is mended") { record.events.last == "<resumed>" }
        #expect(record.events.count == 11)
        try await client.close().get()
        try await subscriber.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func aFrozenServerIsNoticedByThePing() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let subscriber = try RedisTestCase.subscriber(server) {
            $0.pingInterval = .milliseconds(50)
            $0.pingTimeout = .milliseconds(500)
            $0.connectTimeout = .seconds(1)
        }
        let record = EventRecorder()
        let subscription = try await RedisTestCase.onLoop { subscriber.subscribe("a", record.handler) }
        try await subscription.confirmed.get()
        server.freeze()
        try await eventually("it is noticed") { record.events.last == "<interrupted>" }
        server.thaw()
        try await eventually("it is mended") { record.events.last == "<resumed>" }
        try await subscriber.close().get()
    }

    @Test(.timeLimit(.minutes(1))) func theBoundIsKept() async throws {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        let subscriber = try RedisTestCase.subscriber(server) { $0.maximumChannels = 2 }
        let subscriptions = try await RedisTestCase.onLoop {
            ["a", "b", "c", "a"].map { subscriber.subscribe($0) { _ in } }
        }
        var codes: [RedisError.Code?] = []
        for subscription in subscriptions {
            codes.append(await RedisTestCase.code { try await subscription.confirmed.get() })
        }
        #expect(codes == [nil, nil, .tooManySubscriptions, nil])
        try await subscriber.close().get()
    }
}

import ArgumentParser
import FrontendClient
import Shared
import Testing

@testable import Client

@Suite struct PenstockCommandTests {
    let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

    @Test func readsASend() throws {
        let command = try #require(
            try PenstockCommand.parseAsRoot([
                "send", "hello", "--count", "5", "--interval-ms", "0", "--model", "m", "--param", "temperature=0.5",
                "--param", "tag=x=y", "--param", "on=true", "--id", id, "--session", id, "-o", "json",
                "--on-disconnect",
                "continue",
            ]) as? PenstockCommand.Send)
        #expect(command.id?.text == id)
        let send = command.answer.command(command.text)
        #expect(send.content == "hello")
        #expect(send.model == "m")
        #expect(send.sessionID?.text == id)
        #expect(send.onDisconnect == .continue)
        #expect(
            send.parameters == [
                "count": .integer(5), "interval_ms": .integer(0), "temperature": .number(0.5), "tag": .string("x=y"),
                "on": .bool(true),
            ])
        #expect(try ClientSettings(command.options).output == .json)
    }

    @Test func readsDeadJobCommands() throws {
        #expect(try PenstockCommand.parseAsRoot(["dead"]) is PenstockCommand.Dead.List)
        let list = try #require(
            try PenstockCommand.parseAsRoot(["dead", "ls", "--queue", "q", "-o", "json"]) as? PenstockCommand.Dead.List)
        #expect(list.queue.queue == "q")
        #expect(try ClientSettings(list.options).output == .json)
        let replay = try #require(
            try PenstockCommand.parseAsRoot(["dead", "replay", "1-0"]) as? PenstockCommand.Dead.Replay)
        #expect(replay.job.id == "1-0" && replay.job.queue.queue == "default")
        #expect(try PenstockCommand.parseAsRoot(["dead", "drop", id]) is PenstockCommand.Dead.Drop)
    }

    @Test func readsAStop() throws {
        let command = try #require(
            try PenstockCommand.parseAsRoot(["stop", id, "--kill", "--reason", "why", "--wait", "250ms"])
                as? PenstockCommand.Stop)
        #expect(command.kill)
        #expect(command.reason == "why")
        #expect(command.wait.duration == .milliseconds(250))
        #expect(command.requestID.text == id)
    }

    @Test func readsATailAndAPs() throws {
        let tail = try #require(
            try PenstockCommand.parseAsRoot(["tail", id, "--from", "1-7"]) as? PenstockCommand.Tail)
        #expect(tail.from == EntryID(attempt: 1, index: 7))
        let ps = try #require(
            try PenstockCommand.parseAsRoot(["ps", "--queue", "a", "--queue", "b"]) as? PenstockCommand.Ps)
        #expect(ps.queue == ["a", "b"])
    }

    @Test(arguments: [
        ["send"], ["send", "x", "--param", "novalue"], ["send", "x", "--count", "-1"],
        ["send", "x", "--id", "no-uuid"],
        ["stop", "x"], ["stop"], ["tail", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "--from", "x"],
        ["demo", "--middle", "--websocket"], ["ps", "--limit", "0"], ["unknown"],
    ])
    func refuses(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try PenstockCommand.parseAsRoot(arguments) }
    }

    @Test func settingsComeFromFlagsThenTheEnvironment() throws {
        var options = try ClientOptions.parse([])
        options.redis.redisUrl = "redis://flag:1"
        let environment = [
            "PENSTOCK_REDIS_URL": "redis://env:2", "PENSTOCK_URL": "wss://env.example/ws", "PENSTOCK_OUTPUT": "json",
        ]
        let settings = try ClientSettings(reading: SettingsReader(flags: options.flags, environment: environment))
        #expect(settings.redisURL == "redis://flag:1")
        #expect(settings.url.host == "env.example")
        #expect(settings.isURLGiven)
        #expect(settings.output == .json)
        let standard = try ClientSettings(
            reading: SettingsReader(flags: ClientOptions.parse([]).flags, environment: [:]))
        #expect(standard.url == .standard)
        #expect(!standard.isURLGiven)
    }
}

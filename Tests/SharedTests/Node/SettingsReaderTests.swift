import ArgumentParser
import Foundation
import Logging
import Testing

@testable import Shared

@Suite struct SettingsReaderTests {
    let keys = ["config", "redis-url", "slots", "lease", "listen", "echo", "mode", "key-file"]

    /// A reader that knows `keys`, with a file of its own.
    func reader(
        flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil
    ) throws -> SettingsReader {
        var all = Dictionary(uniqueKeysWithValues: keys.map { ($0, flags[$0]) })
        if let file {
            let path = try temporaryFile(file)
            defer { try? FileManager.default.removeItem(atPath: path) }
            all.updateValue(path, forKey: "config")
            return try SettingsReader(flags: all, environment: environment)
        }
        return try SettingsReader(flags: all, environment: environment)
    }

    func temporaryFile(_ content: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func flagWinsOverEnvironmentOverFileOverDefault() throws {
        let file = #"{"slots": 3}"#
        let environment = ["PENSTOCK_SLOTS": "2"]
        #expect(
            try reader(flags: ["slots": "1"], environment: environment, file: file).int("slots", default: 4, in: 0...9)
                == 1)
        #expect(try reader(environment: environment, file: file).int("slots", default: 4, in: 0...9) == 2)
        #expect(try reader(file: file).int("slots", default: 4, in: 0...9) == 3)
        #expect(try reader().int("slots", default: 4, in: 0...9) == 4)
    }

    @Test func anEmptyVariableIsAbsent() throws {
        #expect(try reader(environment: ["PENSTOCK_SLOTS": ""]).int("slots", default: 4, in: 0...9) == 4)
    }

    @Test func theVariableOfAFlagWithDashes() throws {
        #expect(SettingsReader.variable("redis-url") == "PENSTOCK_REDIS_URL")
        #expect(try reader(environment: ["PENSTOCK_REDIS_URL": "redis://a"]).string("redis-url") == "redis://a")
    }

    @Test func theFileIsNamedByAVariableToo() throws {
        let path = try temporaryFile(#"{"slots": 3}"#)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let flags = Dictionary(uniqueKeysWithValues: keys.map { ($0, String?.none) })
        let reader = try SettingsReader(flags: flags, environment: ["PENSTOCK_CONFIG": path])
        #expect(try reader.int("slots", default: 4, in: 0...9) == 3)
    }

    @Test(arguments: [
        #"{"redis-url": "redis://f"}"#, #"{"redis": {"url": "redis://f"}}"#, #"{"redis.url": "redis://f"}"#,
    ])
    func theFileNestsOrNot(file: String) throws {
        #expect(try reader(file: file).string("redis-url") == "redis://f")
    }

    @Test func theFileHasNumbersBooleansAndTexts() throws {
        let reader = try reader(file: #"{"slots": 64, "echo": true, "lease": 1.5, "mode": "json"}"#)
        #expect(try reader.int("slots", default: 0, in: 0...100) == 64)
        #expect(try reader.bool("echo", default: false))
        #expect(try reader.duration("lease", default: .zero, in: .zero ... .seconds(60)) == .milliseconds(1500))
        #expect(try reader.choice("mode", default: LogFormat.text) == .json)
    }

    @Test func nullInTheFileIsAbsent() throws {
        #expect(try reader(file: #"{"slots": null}"#).int("slots", default: 4, in: 0...9) == 4)
    }

    @Test func unknownKeysOfTheFileAreReported() throws {
        #expect(
            try reader(file: #"{"slots": 1, "slot": 2, "redis": {"host": "x"}}"#).unknownKeys == ["redis-host", "slot"])
    }

    @Test(arguments: [
        (#"[1]"#, "one JSON object"), (#"{"#, "not valid JSON"), (#"{"slots": [1]}"#, "slots: must be a string"),
        (#"{"a": {"b": []}}"#, "a.b: must be a string"), (#"{"redis": {"url": "a"}, "redis-url": "b"}"#, "set twice"),
    ])
    func aWrongFileIsAnError(file: String, reason: String) {
        let error = #expect(throws: SettingsError.self) { try reader(file: file) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func aMissingFileIsAnError() {
        let flags: [String: String?] = ["config": "/nowhere/at/all.json"]
        let error = #expect(throws: SettingsError.self) { try SettingsReader(flags: flags, environment: [:]) }
        #expect(error?.description.contains("/nowhere/at/all.json cannot be read") == true)
    }

    @Test func errorsNameKeyValueSourceAndRange() throws {
        let reader = try reader(
            flags: ["slots": "0"],
            environment: [
                "PENSTOCK_LEASE": "soon", "PENSTOCK_LISTEN": "8080", "PENSTOCK_ECHO": "maybe", "PENSTOCK_MODE": "xml",
            ])
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            message { _ = try reader.int("slots", default: 1, in: 1...10) }
                == "--slots: \"0\" (from --slots) is not a whole number between 1 and 10")
        #expect(
            message { _ = try reader.duration("lease", default: .seconds(1), in: .seconds(1) ... .seconds(60)) }
                == "--lease: \"soon\" (from PENSTOCK_LEASE) is not a time between 1s and 1m, such as 500ms, 30s, 5m or 1h"
        )
        #expect(message { _ = try reader.address("listen", default: .unix(path: "/a")) }.contains("host:port"))
        #expect(message { _ = try reader.bool("echo", default: true) }.contains("is not true or false"))
        #expect(message { _ = try reader.choice("mode", default: LogFormat.text) }.contains("is not one of text, json"))
    }

    @Test func aURLIsCheckedAndItsPasswordNotShown() throws {
        let schemes: Set<String> = ["redis", "rediss"]
        #expect(try reader().url("redis-url", default: "redis://d", schemes: schemes) == "redis://d")
        #expect(
            try reader(flags: ["redis-url": "REDISS://h:1/2"]).url("redis-url", schemes: schemes) == "REDISS://h:1/2")
        for text in ["http://:secret@h", "redis://", "secret", "redis://secret h"] {
            let reader = try reader(flags: ["redis-url": text])
            let error = #expect(throws: SettingsError.self) { try reader.url("redis-url", schemes: schemes) }
            #expect(error?.description.contains("secret") == false)
            #expect(error?.description.contains("redis://, rediss://") == true)
        }
    }

    @Test func keysAreReadFromFiles() throws {
        let path = try temporaryFile("  topsecret\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try reader(flags: ["key-file": path]).contentsOfFile("key-file") == "topsecret")
        #expect(try reader().contentsOfFile("key-file") == nil)
        let missing = try reader(flags: ["key-file": path + "x"])
        #expect(throws: SettingsError.self) { try missing.contentsOfFile("key-file") }
    }

    @Test func nodeSettings() throws {
        let options = try NodeOptions.parse(["--redis-url", "redis://r:1", "--log-level", "debug"])
        let reader = try SettingsReader(flags: options.flags, environment: ["PENSTOCK_ADMIN_LISTEN": ":9000"])
        let settings = try NodeSettings(reading: reader, adminListen: .tcp(host: "127.0.0.1", port: 9091))
        #expect(settings.redisURL == "redis://r:1")
        #expect(settings.adminListen == .tcp(host: "0.0.0.0", port: 9000))
        #expect(settings.logLevel == .debug)
        #expect(settings.logFormat == .text)
        let braces = try SettingsReader(flags: options.flags, environment: ["PENSTOCK_KEY_PREFIX": "a{b"])
        #expect(throws: SettingsError.self) { try NodeSettings(reading: braces, adminListen: .unix(path: "/a")) }
    }

    @Test("a queue's name is 1 to 128 letters, digits, dots, dashes and underscores")
    func queueNames() throws {
        func name(_ text: String?) throws -> String {
            try SettingsReader(flags: ["queue": text], environment: [:]).queueName("queue", default: "default")
        }
        #expect(try name(nil) == "default")
        for good in ["a", "Big-1_2.x", String(repeating: "q", count: 128)] { #expect(try name(good) == good) }
        for bad in ["with space", "{slot}", "a:b", "ü", String(repeating: "q", count: 129)] {
            #expect(throws: SettingsError.self) { try name(bad) }
        }
    }
}

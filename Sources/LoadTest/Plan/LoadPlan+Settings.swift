import ArgumentParser
import FrontendClient
import Shared

extension LoadPlan {
    init(_ options: LoadTestOptions) throws {
        do {
            try self.init(reading: SettingsReader(flags: options.flags))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Reads and checks the settings.
    init(reading reader: SettingsReader) throws(SettingsError) {
        urls = try Self.list(reader, "url", default: "\(FrontendURL.standard)") {
            (text) throws(FrontendURL.Malformed) in
            try FrontendURL(text)
        }
        token = try reader.contentsOfFile("token-file")
        caFile = reader.string("ca-file")

        load = try Self.load(reader)
        let hour = Duration.seconds(3600)
        ramp = try reader.duration("ramp", default: .zero, in: .zero...hour)
        warmUp = try reader.duration("warm-up", default: .seconds(2), in: .zero...hour)
        duration = try reader.duration("duration", default: .seconds(10), in: .milliseconds(100)...(hour * 24))
        drain = try reader.duration("drain", default: .seconds(5), in: .zero...hour)
        settleTimeout = try reader.duration(
            "settle-timeout", default: .seconds(10), in: .milliseconds(100) ... .seconds(600))

        streamsPerConnection = try reader.int("streams", default: 1, in: 1...10_000)
        var connections = 100
        if case .closed(let concurrency) = load {
            connections = (concurrency + streamsPerConnection - 1) / streamsPerConnection
        }
        self.connections = try reader.int("connections", default: min(connections, 200_000), in: 1...200_000)
        if case .closed(let concurrency) = load, concurrency > self.connections * streamsPerConnection {
            throw SettingsError(
                key: "concurrency",
                message:
                    "\(concurrency) answers do not fit on \(self.connections) connections of \(streamsPerConnection)")
        }
        connectRate = try reader.int("connect-rate", default: 1000, in: 1...100_000)
        connectTimeout = try reader.duration(
            "connect-timeout", default: .seconds(10), in: .milliseconds(100) ... .seconds(300))

        tokens = try Self.distribution(reader, "tokens") ?? Distribution(.fixed(100))
        tokenRate =
            reader.string("token-rate") == "max"
            ? nil : try Self.distribution(reader, "token-rate") ?? Distribution(.fixed(50))
        text = try reader.choice("text", default: .count)
        timestamps = try reader.bool("timestamps", default: true) && text == .count
        content = reader.string("content", default: "load test")
        model = reader.string("model")
        mix = try Self.mix(reader)
        slowBandwidth = try reader.int("slow-bandwidth", default: 8192, in: 64...(1 << 30))

        redisURL = try reader.url("redis-url", schemes: RedisConfiguration.schemes)
        keyPrefix = reader.string("key-prefix", default: "")
        queue = try reader.queueName("queue", default: "default")
        checkSaved = try reader.int("check-saved", default: 200, in: 0...1_000_000)
        limits = try Self.list(reader, "limit", default: "") { (text) throws(Limit.Malformed) in try Limit(text) }

        eventLoops = try reader.int("event-loops", default: 2, in: 1...16)
        seed = UInt64(try reader.int("seed", default: Int.random(in: 1...Int(Int32.max)), in: 0...Int.max))
        json = reader.string("json")
        report = reader.string("report")
    }

    private static func load(_ reader: SettingsReader) throws(SettingsError) -> Load {
        let kind = try reader.choice("arrivals", default: ArrivalKind.poisson)
        switch (reader.string("rate"), reader.string("concurrency")) {
        case (nil, nil):
            throw SettingsError(key: "rate", message: "say --rate (requests a second) or --concurrency (at a time)")
        case (_?, _?):
            throw SettingsError(
                key: "rate", message: "is for open loop, --concurrency for closed loop: only one of them")
        case (let text?, nil):
            guard let rate = Double(text), (0.001...1_000_000).contains(rate) else {
                throw SettingsError(key: "rate", message: "\"\(text)\" is not a number between 0.001 and 1000000")
            }
            return .open(rate: rate, arrivals: kind)
        case (nil, _?):
            return .closed(concurrency: try reader.int("concurrency", default: 1, in: 1...1_000_000))
        }
    }

    private static func mix(_ reader: SettingsReader) throws(SettingsError) -> BehaviourMix {
        let mix = BehaviourMix(
            stopRate: try share(reader, "stop-rate"), stopAfterTokens: try distribution(reader, "stop-after-tokens"),
            stopDelay: try distribution(reader, "stop-delay"), resumeRate: try share(reader, "resume-rate"),
            resumeAfterTokens: try distribution(reader, "resume-after-tokens"),
            slowRate: try share(reader, "slow-rate"), abandonRate: try share(reader, "abandon-rate"),
            abandonAfterTokens: try distribution(reader, "abandon-after-tokens"))
        guard mix.readRate > -1e-9 else {
            throw SettingsError(
                key: "stop-rate", message: "with resume-rate, slow-rate and abandon-rate it must not exceed 1")
        }
        return mix
    }

    private static func share(_ reader: SettingsReader, _ key: String) throws(SettingsError) -> Double {
        guard let text = reader.string(key) else { return 0 }
        guard let value = Double(text), (0...1).contains(value) else {
            throw SettingsError(key: key, message: "\"\(text)\" is not a number between 0 and 1")
        }
        return value
    }

    private static func distribution(_ reader: SettingsReader, _ key: String) throws(SettingsError) -> Distribution? {
        guard let text = reader.string(key) else { return nil }
        do {
            return try Distribution(text)
        } catch {
            throw SettingsError(key: key, message: error.description)
        }
    }

    private static func list<Value, Failure: Error & CustomStringConvertible>(
        _ reader: SettingsReader, _ key: String, default fallback: String,
        _ parse: (String) throws(Failure) -> Value
    ) throws(SettingsError) -> [Value] {
        var values: [Value] = []
        for part in reader.string(key, default: fallback).split(separator: ",") {
            do {
                values.append(try parse(String(part)))
            } catch {
                throw SettingsError(key: key, message: error.description)
            }
        }
        return values
    }
}

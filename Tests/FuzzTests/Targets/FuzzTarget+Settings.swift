import Foundation
import FrontendClient

@testable import Frontend
@testable import Shared

extension FuzzTarget {
    private static let secret = "s3cr3t"

    /// The URL of Redis, which holds a password that must not be shown.
    static let redisURLs = FuzzTarget(
        name: "redisURLs", maximumBytes: 300,
        words: [
            "redis://", "rediss://", "redis+unix://", "redis-sentinel://", "rediss-sentinel://", "@", ":", "/", "?",
            "#", "&", "=", "%", "%00", "[::1]",
            "db=", "client_name=", "tls_ca_file=", "sentinel_user=", "sentinel_password=", "+1", "6379", "65536",
            secret,
        ],
        sample: { draw in
            let (url, _) = url(&draw)
            return Array(url.utf8)
        },
        read: { bytes in _ = try? RedisConfiguration(url: String(decoding: bytes, as: UTF8.self)) },
        check: { input in
            let text = String(decoding: input, as: UTF8.self)
            if let configuration = try? RedisConfiguration(url: text) {
                try demand(
                    !"\(configuration) \(String(reflecting: configuration))".contains("***@***"), "it is shown oddly")
                if case .tcp(_, let port) = configuration.address {
                    try demand((1...65535).contains(port), "the port is \(port)")
                }
            }
            // Wherever a password stands in front of the @, nothing that is said of the URL repeats it.
            let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
            for password in [
                secret, "1/\(secret)", "1?\(secret)", "\(secret)#1", "?\(secret)&x=\(secret)", "%\(secret)",
                "[\(secret)",
            ] {
                for user in ["u:", ":", "1:2?", "h:1/"] {
                    let url = text[..<start] + user + password + "@" + text[start...]
                    do throws(RedisError) {
                        let configuration = try RedisConfiguration(url: String(url))
                        try shows(configuration, secretFrom: String(url))
                    } catch {
                        try demand(
                            !"\(error)".contains(secret) || text.contains(secret),
                            "the error shows the password of \(url): \(error)")
                    }
                }
            }
            var draw = Draw(bytes: input)
            let (url, expected) = url(&draw)
            try demandEqual(try RedisConfiguration(url: url), expected, "the configuration of \(url)")
        })

    /// What was taken for a password is not in the description.
    private static func shows(_ configuration: RedisConfiguration, secretFrom url: String) throws(RedisError) {
        guard let password = configuration.password, password.contains(secret) else { return }
        var plain = configuration
        plain.password = "x"
        precondition("\(configuration)" == "\(plain)", "the password is shown")
    }

    /// A URL and what it says.
    private static func url(_ draw: inout Draw) -> (String, RedisConfiguration) {
        func encoded(_ text: String) -> String { text.utf8.map { "%" + String(format: "%02x", $0) }.joined() }
        func name(_ draw: inout Draw) -> String { "n" + draw.text() }
        func node(_ draw: inout Draw) -> (text: String, host: String, port: Int) {
            let host = draw.one(in: 4) ? "::1" : name(&draw)
            let port = 1 + draw.below(65535)
            return ((host == "::1" ? "[::1]" : encoded(host)) + ":\(port)", host, port)
        }
        var url: String
        var configuration: RedisConfiguration
        let user = draw.maybe { (name: $0.maybe { name(&$0) } ?? "", password: $0.text()) }
        let userText = user.map { "\(encoded($0.name)):\(encoded($0.password))@" } ?? ""
        let database = draw.below(20)
        let isTLS = draw.byte() & 1 == 1
        switch draw.below(3) {
        case 0:
            let node = node(&draw)
            url = (isTLS ? "rediss://" : "redis://") + userText + node.text + "/\(database)"
            configuration = RedisConfiguration(address: .tcp(host: node.host, port: node.port))
            configuration.tls = isTLS ? .init() : nil
        case 1:
            let path = "/" + name(&draw)
            url = "redis+unix://" + userText + "/" + encoded(String(path.dropFirst())) + "?db=\(database)"
            configuration = RedisConfiguration(address: .unix(path: path))
        default:
            let nodes = [node(&draw)] + draw.list(upTo: 2) { node(&$0) }
            let master = name(&draw)
            url = (isTLS ? "rediss-sentinel://" : "redis-sentinel://") + userText
            url += nodes.map(\.text).joined(separator: ",") + "/" + encoded(master) + "/\(database)"
            configuration = RedisConfiguration(
                address: .sentinel(.init(nodes: nodes.map { .init(host: $0.host, port: $0.port) }, master: master)))
            configuration.tls = isTLS ? .init() : nil
        }
        configuration.database = database
        configuration.username = user.flatMap { $0.name.isEmpty ? nil : $0.name }
        configuration.password = user?.password
        return (url, configuration)
    }

    /// The configuration file.
    static let settingsFiles = FuzzTarget(
        name: "settingsFiles",
        words: [
            "{", "}", "\"", ":", ",", "[", "]", "null", "true", "1.0", "1e400", "-0", ".", "-", "\"redis\":",
            "\"redis.url\":", "\"redis-url\":",
        ],
        sample: { draw in (try? JSONEncoder().encode(JSONValue.object(draw.members()))).map { Array($0) } ?? [] },
        read: { bytes in _ = try? SettingsFile(json: bytes, path: "x") },
        check: { input in
            let tree = JSONTree(input)
            guard let file = try? SettingsFile(json: input, path: "x") else { return }
            guard let tree, !tree.isContested else {
                return try demand(tree != nil, "what is not JSON is a configuration")
            }
            var expected: [String: String] = [:]
            flatten(tree, "", &expected)
            try demandEqual(Set(file.values.keys), Set(expected.keys), "the settings")
            for (key, value) in expected where !value.isEmpty {
                try demandEqual(file.values[key], value, "the setting \(key)")
            }
        })

    private static func flatten(_ tree: JSONTree, _ prefix: String, _ values: inout [String: String]) {
        switch tree {
        case .object(let members):
            for member in members {
                let name = member.name.replacingOccurrences(of: ".", with: "-")
                flatten(member.value, prefix.isEmpty ? name : "\(prefix)-\(name)", &values)
            }
        case .string(let text): values[prefix] = text
        case .bool(let value): values[prefix] = value ? "true" : "false"
        // A number may be written in several ways.
        case .number(let text): values[prefix] = Int64(text).map { "\($0)" } ?? ""
        case .lenient(let tree): flatten(tree, prefix, &values)
        case .null, .array: break
        }
    }

    /// Times, addresses and names as people and other programs write them: `?wait=` of HTTP, `Host`, `Origin`, URLs.
    static let words = FuzzTarget(
        name: "words", maximumBytes: 120,
        words: [
            "ms", "s", "m", "h", ".", "2562047.99h", "999999999.999999999", "unix:/", "[::1]", ":80", "ws://", "wss://",
            "http://", "/", "?", "localhost",
        ],
        sample: { draw in
            switch draw.below(4) {
            case 0:
                Array(
                    "\(draw.integer().magnitude).\(draw.integer().magnitude)\(draw.pick(["ms", "s", "m", "h", ""]))"
                        .utf8)
            case 1:
                Array(
                    "\(draw.pick(["ws://", "https://", ""]))\(draw.pick(["a.b", "[::1]", "127.0.0.1"])):\(draw.below(70_000))/\(draw.text())"
                        .utf8)
            case 2: Array("unix:/\(draw.text())".utf8)
            default: Array("\(draw.pick(["localhost", "1.2.3.4", "[::1]", "x"])):\(draw.below(70_000))".utf8)
            }
        },
        read: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = (DurationSetting(text), try? ListenAddress(parsing: text), try? FrontendURL(text))
            _ = HostPolicy().allows(text)
            _ = OriginPolicy().allows(origin: text, host: text)
        },
        check: { input in
            let text = String(decoding: input, as: UTF8.self)
            if let time = DurationSetting(text)?.duration {
                try demand(time >= .zero && time <= .seconds(36_000_000), "\(time)")
                try demandEqual(time.components.seconds, Int64(expectedSeconds(text)), "the seconds of \(text)")
                let shown = DurationSetting(DurationSetting(time).description)?.duration ?? time
                try demand(
                    time - shown < .milliseconds(1) && shown <= time,
                    "\(text) is shown as another time")
            }
            if let address = try? ListenAddress(parsing: text) {
                try demandEqual(try? ListenAddress(parsing: address.description), address, "the address that is shown")
            }
            if let url = try? FrontendURL(text) {
                try demandEqual(try? FrontendURL(url.description), url, "the URL that is shown")
                try demand(
                    url.path.hasPrefix("/") && !url.path.utf8.contains { $0 <= 0x20 || $0 >= 0x7F },
                    "the path is \(url.path)")
            }
            // Only its own name, or one that is allowed, opens a frontend that asks nobody who they are.
            if HostPolicy().allows(text) {
                let name = text.lowercased()
                let isAddress =
                    name.hasPrefix("[")
                    || name.split(separator: ":").first?.allSatisfy { $0.isNumber || $0 == "." } ?? false
                try demand(isAddress || name.contains("localhost"), "the host \(text) is taken for ours")
            }
            try demand(
                HostPolicy(allowed: [text.lowercased()]).allows("x") == (text == "*") || text.lowercased() == "x",
                "another host")
        })

    private static func expectedSeconds(_ text: String) -> Double {
        let unit = text.hasSuffix("ms") ? 0.001 : text.hasSuffix("m") ? 60 : text.hasSuffix("h") ? 3600 : 1
        let number = text.prefix { $0.isNumber || $0 == "." }
        let parts = number.split(separator: ".").map { Double($0) ?? 0 }
        let fraction = parts.count == 2 ? (Double("0.\(number.split(separator: ".")[1])") ?? 0) : 0
        return ((parts.first ?? 0) * unit + fraction * unit + 1e-10).rounded(.down)
    }
}

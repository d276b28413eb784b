import Logging
import NIOCore
import NIOPosix
import Shared

/// What `penstock doctor` found: its JSON object.
struct Examination: Sendable, Encodable {
    struct Check: Hashable, Sendable, Encodable {
        enum Verdict: String, Hashable, Sendable, Encodable {
            case good, warning, fault

            var mark: String {
                switch self {
                case .good: "ok      "
                case .warning: "warning "
                case .fault: "FAULT   "
                }
            }
        }

        var name: String
        var verdict: Verdict
        var finding: String
    }

    var checks: [Check]

    /// Makes every check. Without Redis there is only one.
    static func run(_ settings: ClientSettings) async -> [Check] {
        do {
            return try await OperatorBroker.with(settings, timeout: .seconds(2)) { broker in
                let redis = try RedisConfiguration(url: settings.redisURL, timeout: .seconds(2))
                let client = try RedisClient(
                    redis, on: broker.eventLoop,
                    logger: Logger(label: "penstock", factory: { _ in SwiftLogNoOpLogHandler() }))
                var checks = [Check(name: "redis", verdict: .good, finding: "\(redis) answers")]
                checks.append(version(await info(client, "server")))
                checks.append(persistence(await info(client, "persistence")))
                checks.append(eviction(await info(client, "memory")))
                checks.append(await beat(broker, client, prefix: settings.keyPrefix))
                checks.append(nodes(try? await broker.nodes().get()))
                _ = try? await client.close().get()
                return checks
            }
        } catch {
            return [Check(name: "redis", verdict: .fault, finding: "\(error)")]
        }
    }

    // MARK: Redis

    /// A section of INFO, or nothing where Redis does not let this user read it.
    private static func info(_ client: RedisClient, _ section: String) async -> [String: String] {
        guard let text = try? await client.call("INFO", .string(section)).string else { return [:] }
        let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }

    static func version(_ info: [String: String]) -> Check {
        if let valkey = info["valkey_version"] {
            return Check(name: "version", verdict: .good, finding: "Valkey \(valkey)")
        }
        guard let version = info["redis_version"] else { return unknown("version") }
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        let isEnough = (parts.first ?? 0, parts.dropFirst().first ?? 0) >= (6, 2)
        return Check(
            name: "version", verdict: isEnough ? .good : .fault,
            finding: "Redis \(version)" + (isEnough ? "" : "; 6.2 is the least"))
    }

    static func persistence(_ info: [String: String]) -> Check {
        guard let enabled = info["aof_enabled"] else { return unknown("append-only") }
        guard enabled == "1" else {
            return Check(
                name: "append-only", verdict: .warning,
                finding: "off: messages and queued requests are lost when Redis restarts (appendonly yes)")
        }
        guard info["aof_last_write_status"] ?? "ok" == "ok" else {
            return Check(name: "append-only", verdict: .fault, finding: "on, but its last write failed")
        }
        return Check(name: "append-only", verdict: .good, finding: "on")
    }

    static func eviction(_ info: [String: String]) -> Check {
        guard let policy = info["maxmemory_policy"] else { return unknown("maxmemory-policy") }
        guard policy != "noeviction" else { return Check(name: "maxmemory-policy", verdict: .good, finding: policy) }
        let isUnlimited = info["maxmemory"] ?? "0" == "0"
        return Check(
            name: "maxmemory-policy", verdict: isUnlimited ? .warning : .fault,
            finding: "\(policy): Redis may throw away requests and messages (noeviction)")
    }

    private static func unknown(_ name: String) -> Check {
        Check(name: name, verdict: .warning, finding: "INFO does not tell, or may not be read")
    }

    // MARK: The control path

    /// Sends a stop to a request that does not exist, and hears it on the connection that carries stops.
    private static func beat(_ broker: any Broker, _ client: RedisClient, prefix: String) async -> Check {
        let id = RequestID.random()
        let heard = Latch()
        let subscription = try? await broker.eventLoop.submit {
            broker.listenForStops(of: id) { event in
                if case .signal = event { heard.open() }
            }
        }.get()
        defer { broker.eventLoop.execute { subscription?.cancel() } }
        do {
            try await subscription?.confirmed.get()
            let start = ContinuousClock.now
            try await client.call("PUBLISH", .string("\(prefix)stop:\(id)"), "penstock:ended")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await heard.wait() }
                group.addTask { try await Task.sleep(for: .seconds(2)) }
                defer { group.cancelAll() }
                try await group.next()
            }
            guard heard.isOpen else {
                return Check(name: "pub/sub", verdict: .fault, finding: "a beat was published and not heard within 2 s")
            }
            let milliseconds = start.duration(to: .now).milliseconds
            return Check(
                name: "pub/sub", verdict: .good, finding: "a beat came back after \(DemoReport.text(milliseconds)) ms")
        } catch {
            return Check(name: "pub/sub", verdict: .fault, finding: "\(error)")
        }
    }

    static func nodes(_ nodes: [NodeRecord]?) -> Check {
        guard let nodes else { return Check(name: "nodes", verdict: .fault, finding: "the list cannot be read") }
        let workers = nodes.filter { $0.role == .worker }
        let frontends = nodes.filter { $0.role == .frontend }
        let unserved = Set(frontends.map(\.queue)).subtracting(workers.map(\.queue)).sorted()
        func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        let counts = "\(count(frontends.count, "frontend")) and \(count(workers.count, "worker")) alive"
        guard unserved.isEmpty else {
            return Check(
                name: "nodes", verdict: .warning,
                finding: "\(counts); no worker serves \(unserved.joined(separator: ", "))")
        }
        return Check(name: "nodes", verdict: nodes.isEmpty ? .warning : .good, finding: counts)
    }
}

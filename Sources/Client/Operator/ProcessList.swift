import NIOCore
import Shared

/// What `penstock ps` shows: its JSON object.
struct ProcessList: Sendable, Encodable {
    struct Job: Sendable, Encodable {
        var requestID: RequestID
        var state: String
        var queue: String
        var worker: String?
        /// The host of the worker, where it is alive.
        var host: String?
        var attempt: UInt64
        var deliveries: Int
        var tokens: Int
        var owner: String
        var sessionID: SessionID
        var stop: StopIntent?
        var createdAt: Timestamp
        var claimedAt: Timestamp?

        enum CodingKeys: String, CodingKey {
            case state, queue, worker, host, attempt, deliveries, tokens, owner, stop
            case requestID = "request_id"
            case sessionID = "session_id"
            case createdAt = "created_at"
            case claimedAt = "claimed_at"
        }
    }

    var nodes: [NodeRecord]
    var queues: [String]
    var jobs: [Job]
    /// Whether some queue holds more jobs than were asked for.
    var isTruncated: Bool

    enum CodingKeys: String, CodingKey {
        case nodes, queues, jobs
        case isTruncated = "truncated"
    }

    /// Reads the queues of all live nodes, those they forward to, and `queues`; at most `limit` jobs of each.
    static func read(queues: [String], limit: Int, from broker: any Broker) async throws -> ProcessList {
        let nodes = try await broker.nodes().get().sorted { ($0.role.rawValue, $0.id) < ($1.role.rawValue, $1.id) }
        let forwarded = nodes.compactMap(\.forwardQueue)
        let names = Set(nodes.map(\.queue)).union(forwarded).union(queues).sorted()
        let hosts = Dictionary(nodes.map { ($0.id, $0.host) }, uniquingKeysWith: { first, _ in first })
        var list = ProcessList(nodes: nodes, queues: names, jobs: [], isTruncated: false)
        for name in names {
            let jobs = try await broker.queuedJobs(queue: name, limit: limit).get()
            list.isTruncated = list.isTruncated || jobs.count == limit
            list.jobs += jobs.map { job in
                let record = job.record
                return Job(
                    requestID: record.id, state: record.state.rawValue, queue: record.queue, worker: record.worker,
                    host: record.worker.flatMap { hosts[$0] }, attempt: record.attempt, deliveries: job.deliveries,
                    tokens: job.tokens, owner: record.owner, sessionID: record.sessionID, stop: record.stop,
                    createdAt: record.createdAt, claimedAt: record.claimedAt)
            }
        }
        list.forgetEnded()
        return list
    }

    /// What nodes say they run is up to two seconds old: drops what the queues say has ended.
    private mutating func forgetEnded() {
        guard !isTruncated else { return }
        let open = Set(jobs.map(\.requestID))
        for index in nodes.indices { nodes[index].running.removeAll { !open.contains($0) } }
    }

    /// The list for people.
    func lines(now: Timestamp) -> [String] {
        var nodeTable = TextTable("NODE", "ROLE", "HOST", "PID", "QUEUE", "GENERATOR", "RUNNING", "UP")
        for node in nodes {
            nodeTable.add(
                node.id, node.role.rawValue + (node.isDraining ? " (draining)" : ""), node.host, "\(node.pid)",
                node.queue, node.generator ?? "-",
                node.slots.map { "\(node.running.count)/\($0)" } ?? "\(node.running.count)",
                Self.age(since: node.startedAt, now: now))
        }
        var jobTable = TextTable("REQUEST", "STATE", "QUEUE", "WORKER", "SINCE", "TOKENS", "ATTEMPT", "STOP")
        for job in jobs {
            jobTable.add(
                job.requestID.text, job.state, job.queue, job.worker ?? "-",
                Self.age(since: job.claimedAt ?? job.createdAt, now: now), "\(job.tokens)", "\(job.attempt)",
                job.stop.map { "\($0.mode.rawValue) by \($0.by.rawValue)" } ?? "-")
        }
        return (nodes.isEmpty ? ["no live nodes"] : nodeTable.lines) + [""]
            + (jobs.isEmpty ? ["nothing queued or running"] : jobTable.lines)
            + (isTruncated ? ["(there is more: --limit)"] : [])
    }

    /// A length of time in its two largest units: `3.2s`, `4m05s`, `2h10m`, `3d4h`.
    static func age(since start: Timestamp, now: Timestamp) -> String {
        let milliseconds = max(0, (now.microseconds - start.microseconds) / 1000)
        let seconds = milliseconds / 1000
        func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if seconds < 60 { return "\(seconds).\(milliseconds % 1000 / 100)s" }
        if seconds < 3600 { return "\(seconds / 60)m\(padded(seconds % 60))s" }
        if seconds < 86_400 { return "\(seconds / 3600)h\(padded(seconds / 60 % 60))m" }
        return "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
    }
}

extension NodeRecord {
    /// The queue that a middle worker forwards to.
    var forwardQueue: String? {
        guard let generator, generator.hasPrefix("forward:") else { return nil }
        return String(generator.dropFirst("forward:".count))
    }
}

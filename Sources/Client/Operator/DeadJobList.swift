import NIOCore
import Shared

/// What `penstock dead ls` shows: its JSON object.
struct DeadJobList: Sendable, Encodable {
    struct Job: Sendable, Encodable {
        var id: String
        var requestID: RequestID?
        var reason: String
        var deliveries: Int?
        var entry: String
        var owner: String?
        var content: String?
        var diedAt: Timestamp

        enum CodingKeys: String, CodingKey {
            case id, reason, deliveries, entry, owner, content
            case requestID = "request_id"
            case diedAt = "died_at"
        }

        init(_ dead: DeadJob) {
            id = dead.id
            requestID = dead.requestID
            reason = dead.reason
            deliveries = dead.deliveries
            entry = dead.entryID
            owner = dead.job?.owner
            content = dead.job?.content
            diedAt = dead.diedAt
        }
    }

    /// A dead job that was submitted anew.
    struct Replayed: Sendable, Encodable {
        var deadID: String
        var replayOf: RequestID
        var requestID: RequestID

        enum CodingKeys: String, CodingKey {
            case deadID = "dead_id"
            case replayOf = "replay_of"
            case requestID = "request_id"
        }
    }

    struct Unreplayable: Error, CustomStringConvertible {
        var description: String
    }

    var queue: String
    var dead: [Job]

    /// More than a queue keeps.
    private static let limit = 10_000

    static func read(_ queue: String, from broker: any Broker) async throws -> DeadJobList {
        let jobs = try await broker.deadJobs(queue: queue, limit: limit).get()
        return DeadJobList(queue: queue, dead: jobs.map(Job.init))
    }

    /// The dead job with this id, or the latest whose request has it.
    static func find(_ id: String, queue: String, on broker: any Broker) async throws -> DeadJob? {
        let jobs = try await broker.deadJobs(queue: queue, limit: limit).get()
        return jobs.first { $0.id == id } ?? jobs.last { $0.requestID?.text == id }
    }

    /// Submits it anew, then drops it.
    static func replay(_ dead: DeadJob, on broker: any Broker) async throws -> Replayed {
        guard let replay = dead.replay, let old = dead.job?.requestID else {
            throw Unreplayable(description: "the dead job \(dead.id) cannot be read; it can be dropped")
        }
        switch try await broker.submit(replay).get() {
        case .accepted, .joined: break
        case .conflict: throw Unreplayable(description: "the id of the replay names another request")
        case .queueFull: throw Unreplayable(description: "the queue is full")
        }
        _ = try await broker.dropDeadJob(dead.id, queue: dead.queue).get()
        return Replayed(deadID: dead.id, replayOf: old, requestID: replay.job.requestID)
    }

    /// The list for people.
    func lines(now: Timestamp) -> [String] {
        guard !dead.isEmpty else { return ["no dead jobs in \(queue)"] }
        var table = TextTable("DEAD", "REQUEST", "REASON", "DELIVERIES", "SINCE", "CONTENT")
        for job in dead {
            let content = Console.clean(String((job.content ?? "-").prefix(40))).replacing("\n", with: " ")
            table.add(
                job.id, job.requestID?.text ?? "-", job.reason, job.deliveries.map { "\($0)" } ?? "-",
                ProcessList.age(since: job.diedAt, now: now), content)
        }
        return table.lines
    }
}

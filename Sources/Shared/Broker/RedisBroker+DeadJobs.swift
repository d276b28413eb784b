private import Logging
package import NIOCore

extension RedisBroker {
    package func bury(_ delivery: JobDelivery, reason: String, failure: Ending.Failure) -> EventLoopFuture<Bool> {
        let job: [UInt8]
        do {
            job = try JobCoding.encode(delivery.job)
        } catch {
            return eventLoop.makeFailedFuture(BrokerError(code: .refused, message: "the job cannot be encoded"))
        }
        let id = delivery.job.requestID
        return run(
            RedisScripts.bury, id,
            [.string(delivery.entryID), .string(failure.code.rawValue), .string(failure.message)], urgent: true
        ).flatMap { reply in
            guard reply[0]?.string == "buried" else { return self.acknowledge(delivery).map { false } }
            return self.putAway(
                queue: delivery.queue, entryID: delivery.entryID,
                [
                    "reason", .string(reason), "deliveries", .integer(delivery.deliveries), "id", .string(id.text),
                    "job", .bytes(job),
                ]
            ).flatMap { dead in
                // Should this or the acknowledgement be lost, the job may be put away twice, and never less than once.
                self.send("HSET", .string(self.keys.request(id)), "dead", .string(dead))
            }.flatMap { _ in self.acknowledge(delivery) }.map { true }
        }
    }

    /// Writes an entry among the dead ones of a queue. Returns its id.
    private func putAway(
        queue: String, entryID: String, _ fields: [RedisArgument]
    ) -> EventLoopFuture<String> {
        let dead = RedisArgument.string(keys.dead(queue))
        let written = Self.translate(
            client.send(
                RedisCommand(
                    arguments: ["XADD", dead, "MAXLEN", "~", .integer(Self.deadJobs), "*", "entry", .string(entryID)]
                        + fields)))
        send("EXPIRE", dead, .integer(Self.queueSeconds)).whenComplete { _ in }
        return written.map { $0.string ?? "" }
    }

    /// Puts an entry away that cannot be read, and acknowledges it.
    func buryUnreadable(_ entry: RedisReply, id: String, queue: String) {
        logger.error("a job cannot be read and was put away", [.job: "\(id)", .queue: "\(queue)"])
        let fields = (entry[1]?.array ?? []).map { RedisArgument.bytes($0.bytes ?? []) }
        putAway(queue: queue, entryID: id, ["reason", "unreadable"] + fields).whenSuccess { _ in
            self.send("XACK", .string(self.keys.jobs(queue)), .string(RedisKeys.group), .string(id))
                .whenComplete { _ in }
        }
    }

    package func deadJobs(queue: String, limit: Int) -> EventLoopFuture<[DeadJob]> {
        send("XRANGE", .string(keys.dead(queue)), "-", "+", "COUNT", .integer(limit)).map { reply in
            (reply.array ?? []).compactMap { DeadJob($0, queue: queue) }
        }
    }

    package func dropDeadJob(_ id: String, queue: String) -> EventLoopFuture<Bool> {
        send("XDEL", .string(keys.dead(queue)), .string(id)).map { $0.integer == 1 }
    }

    /// About how many dead jobs a queue keeps: the latest.
    private static let deadJobs = 1000
}

extension DeadJob {
    init?(_ entry: RedisReply, queue: String) {
        guard let id = entry[0]?.string, let fields = entry[1]?.map else { return nil }
        let milliseconds = id.split(separator: "-").first.flatMap { Int64($0) } ?? 0
        self.init(
            id: id, queue: queue, reason: fields["reason"]?.string ?? "",
            deliveries: fields["deliveries"]?.string.flatMap { Int($0) }, entryID: fields["entry"]?.string ?? "",
            requestID: fields["id"]?.string.flatMap { RequestID($0) },
            job: fields["job"]?.bytes.flatMap { try? JobCoding.decode($0) },
            diedAt: Timestamp(microseconds: milliseconds * 1000))
    }
}

private import Logging
package import NIOCore

extension RedisBroker {
    package func giveUp(_ delivery: JobDelivery, failure: Ending.Failure) -> EventLoopFuture<GiveUpOutcome> {
        giveUp(delivery.job.requestID, entryID: delivery.entryID, failure)
    }

    private func giveUp(
        _ request: RequestID, entryID: String, _ failure: Ending.Failure
    ) -> EventLoopFuture<GiveUpOutcome> {
        run(
            RedisScripts.giveUp, request,
            [.string(entryID), .string(failure.code.rawValue), .string(failure.message)], urgent: true
        ).flatMapThrowing { reply in
            let outcome: GiveUpOutcome =
                switch reply[0]?.string {
                case "given_up": .givenUp
                case "ended": .ended
                case "superseded": .superseded
                default: throw BrokerError.unexpected("an answer to giving up")
                }
            return (outcome, reply[1])
        }.flatMap { outcome, unsaved in self.save(request, unsaved).map { outcome } }
    }

    package func bury(_ delivery: JobDelivery, reason: String) -> EventLoopFuture<Bool> {
        bury(
            delivery.entryID, queue: delivery.queue,
            [
                "reason", .string(reason), "deliveries", .integer(delivery.deliveries), "id",
                .string(delivery.job.requestID.text), "job", .bytes(JobCoding.encode(delivery.job)),
            ])
    }

    private func bury(_ entryID: String, queue: String, _ fields: [RedisArgument]) -> EventLoopFuture<Bool> {
        Self.translate(
            client.evaluate(
                RedisScripts.bury, keys: [.string(keys.jobs(queue)), .string(keys.dead(queue))],
                args: [
                    .string(RedisKeys.group), .string(entryID), .integer(Self.deadJobs), .integer(Self.queueSeconds),
                ] + fields)
        ).map { $0.integer == 1 }
    }

    /// Puts an entry away that cannot be read. Where its request can be told, it ends as failed. What fails here is done when the
    /// entry is delivered again.
    func buryUnreadable(_ entry: RedisReply, id: String, queue: String) {
        logger.error("a job cannot be read and was put away", [.job: "\(id)", .queue: "\(queue)"])
        let fields = (entry[1]?.array ?? []).prefix(Self.unreadableFields).map { RedisArgument.bytes($0.bytes ?? []) }
        let failure = Ending.Failure(code: .internalError, message: "the job cannot be read")
        let ended = entry[1]?.map?["id"]?.string.flatMap { RequestID($0) }.map { request in
            giveUp(request, entryID: id, failure).map { _ in }
        }
        (ended ?? eventLoop.makeSucceededVoidFuture()).flatMap {
            self.bury(id, queue: queue, ["reason", "unreadable"] + fields)
        }.whenFailure { error in
            self.logger.error("a job could not be put away", [.job: "\(id)", .error: "\(error)"])
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
    /// How many fields and values of an entry that cannot be read are kept.
    private static let unreadableFields = 64
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
            // The id may be one that somebody chose.
            diedAt: Timestamp(microseconds: min(milliseconds, Timestamp.range.upperBound / 1000) * 1000))
    }
}

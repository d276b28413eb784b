private import Logging
package import NIOCore

extension RedisBroker {
    package func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome> {
        let job = submission.job
        let userMessage = MessageID.random()
        return run(
            RedisScripts.submit, job.requestID, and: [.string(keys.jobs(submission.queue))],
            [
                .string(job.owner), .string(job.sessionID.text), .string(submission.digest),
                .string(submission.queue), .string(userMessage.text),
                .string(job.disconnectGrace.map { String($0) } ?? ""),
                .string(job.timeLimits?.queue.map { String($0) } ?? ""),
                .string(job.timeLimits?.total.map { String($0) } ?? ""),
            ] + Self.queueing(submission), urgent: true
        ).flatMap { reply in
            switch reply[0]?.string {
            case "accepted":
                guard let place = Self.place(reply) else { break }
                onAccepted()
                return self.save(submission, userMessage, at: Timestamp.now().microseconds).map { .accepted(place) }
            case "full":
                guard let waiting = reply[1]?.integer else { break }
                return self.eventLoop.makeSucceededFuture(.queueFull(waiting: waiting))
            case "joined":
                guard let session = reply[1]?.string.flatMap({ SessionID($0) }) else { break }
                if reply[2]?.string == "" && reply[3]?.string == "queued" || reply[4]?.string == "" {
                    self.completeIfForgotten(submission, session)
                }
                return self.eventLoop.makeSucceededFuture(.joined(session))
            case "conflict":
                return self.eventLoop.makeSucceededFuture(.conflict)
            default: break
            }
            return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to submit"))
        }
    }

    /// What `Scripts/queueing.lua` needs: the request, the job, how many may wait, the group, and how long the queue lives.
    private static func queueing(_ submission: Submission) -> [RedisArgument] {
        [
            .string(submission.job.requestID.text), .bytes(JobCoding.encode(submission.job)),
            .string(submission.queueLimit.map(String.init) ?? ""), .string(RedisKeys.group), .integer(queueSeconds),
        ]
    }

    /// Where a job stands that was put into its queue.
    private static func place(_ reply: RedisReply) -> QueuePlace? {
        guard let number = reply[1]?.string.flatMap({ UInt64($0.prefix { $0 != "-" }) }),
            let position = reply[2]?.integer
        else { return nil }
        return QueuePlace(number: number, position: position)
    }

    /// The request was accepted, but its job is not noted, or what the user said is not saved: whoever submitted it first is
    /// about to do that, or died before it could. In that case it is done from here. Should the first one do it after all, `claim`
    /// drops the second copy of the job, and what was saved keeps its place in the conversation.
    private func completeIfForgotten(_ submission: Submission, _ session: SessionID) {
        let id = submission.job.requestID
        eventLoop.scheduleTask(in: .seconds(1)) {
            let names: [RedisArgument] = ["state", "job", "saved", "user_message", "created_at"]
            let fields = RedisCommand(arguments: ["HMGET", .string(self.keys.request(id))] + names)
            Self.translate(self.client.send(fields)).flatMap { reply in
                var again = submission
                again.job.sessionID = session
                guard let userMessage = reply[3]?.string.flatMap({ MessageID($0) }),
                    let time = reply[4]?.string.flatMap({ Int64($0) })
                else { return self.eventLoop.makeSucceededVoidFuture() }
                if reply[0]?.string == "queued", reply[1]?.isNull == true {
                    return self.enqueue(again, userMessage, at: time)
                }
                return reply[2]?.isNull == true
                    ? self.save(again, userMessage, at: time) : self.eventLoop.makeSucceededVoidFuture()
            }.whenFailure { error in
                self.logger.error(
                    "a submission could not be completed", [.requestID: "\(id)", .error: "\(error)"])
            }
        }
    }

    /// Puts the job of a request into its queue that is in none, then saves what the user said. Where there is no room, takes the request
    /// back.
    private func enqueue(
        _ submission: Submission, _ userMessage: MessageID, at time: Int64
    ) -> EventLoopFuture<Void> {
        Self.translate(
            client.evaluate(
                RedisScripts.enqueue, keys: [.string(keys.jobs(submission.queue))], args: Self.queueing(submission))
        ).flatMap { reply in
            switch reply[0]?.string {
            case "queued":
                guard let entry = reply[1]?.string else { break }
                // The claim may have been faster.
                let noted = self.run(RedisScripts.note, submission.job.requestID, [.string(entry), ""])
                return noted.and(self.save(submission, userMessage, at: time)).map { _ in }
            case "full": return self.withdraw(submission, userMessage, at: time)
            default: break
            }
            return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to enqueue"))
        }
    }

    /// The job found no room. A request that was stopped meanwhile has its ending, and what the user said is saved.
    private func withdraw(
        _ submission: Submission, _ userMessage: MessageID, at time: Int64
    ) -> EventLoopFuture<Void> {
        run(RedisScripts.withdraw, submission.job.requestID, []).flatMap { reply in
            reply[0]?.string == "kept"
                ? self.save(submission, userMessage, at: time) : self.eventLoop.makeSucceededVoidFuture()
        }
    }

    /// When it is noted that what the user said is saved: well before a repeated submission would do it again.
    private static let notedAfter = TimeAmount.milliseconds(200)

    /// Saves what the user said at `time`, in microseconds since 1970. What is saved already keeps its place in the conversation.
    private func save(
        _ submission: Submission, _ userMessage: MessageID, at time: Int64
    ) -> EventLoopFuture<Void> {
        let job = submission.job
        let session = RedisArgument.string(keys.session(job.sessionID))
        let messages = RedisArgument.string(keys.sessionMessages(job.sessionID))
        let message = RedisArgument.string(keys.message(userMessage))
        let lifetime = RedisArgument.integer(Self.messageSeconds)
        return EventLoopFuture.andAllSucceed(
            [
                send(
                    "HSET", message, "role", "user", "owner", .string(job.owner), "session",
                    .string(job.sessionID.text), "parent", .string(submission.parentMessageID?.text ?? ""), "content",
                    .string(job.content), "is_complete", "1", "created_at", .integer(Int(time)), "completed_at",
                    .integer(Int(time))),
                send("EXPIRE", message, lifetime),
                send("HSETNX", session, "owner", .string(job.owner)),
                send("HSETNX", session, "created_at", .integer(Int(time))),
                send("EXPIRE", session, lifetime),
                send(
                    "ZADD", messages, "NX", .integer(Int(time)), .string(userMessage.text), .integer(Int(time) + 1),
                    .string(job.requestID.text)),
                send("ZREMRANGEBYRANK", messages, 0, .integer(-Self.sessionMessages - 1)),
                send("EXPIRE", messages, lifetime),
            ].map { $0.map { _ in } }, on: eventLoop
        ).map {
            // Nobody waits for the note: where it is lost, a repeated submission saves the same again. So it keeps out of the way of the
            // first tokens.
            self.eventLoop.scheduleTask(in: Self.notedAfter) {
                self.run(RedisScripts.note, job.requestID, ["", "1"]).whenComplete { _ in }
            }
        }
    }

    package func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        // To the script nobody is the operator.
        guard owner != "" else {
            return eventLoop.makeFailedFuture(BrokerError(code: .notFound, message: "no such request"))
        }
        return record(intent, of: request, owner: owner ?? "", forbids: false)
    }

    package func forbid(_ request: RequestID, intent: StopIntent) -> EventLoopFuture<Void> {
        record(intent, of: request, owner: "", forbids: true).map { _ in }
    }

    private func record(
        _ intent: StopIntent, of request: RequestID, owner: String, forbids: Bool
    ) -> EventLoopFuture<StopReceipt> {
        run(
            RedisScripts.stop, request,
            [
                .string(owner), .string(intent.mode.rawValue), .string(intent.by.rawValue),
                .string(intent.reason ?? ""), forbids ? "1" : "",
            ], urgent: true
        ).flatMapThrowing { reply in
            if reply[0]?.string == "unknown" {
                throw BrokerError(code: .notFound, message: "no such request")
            }
            guard let outcome = reply[0]?.string.flatMap({ StopOutcome(rawValue: $0) }),
                let last = reply[1]?.string.flatMap({ EntryID($0) })
            else { throw BrokerError.unexpected("an answer to stop") }
            if let child = reply[2]?.string.flatMap({ RequestID($0) }) {
                self.stopChild(child, intent.mode, .broker, until: .now() + Self.childPatience)
            }
            // Nobody waits for that; should it fail, the worker does it that takes the job.
            self.save(request, reply[3]).whenFailure { error in
                self.logger.notice(
                    "the text of a stopped answer was not saved yet", [.requestID: "\(request)", .error: "\(error)"])
            }
            return StopReceipt(outcome: outcome, last: last)
        }
    }

    /// Stops the request that works for a stopped one. Nobody waits for that; whoever forwards it does the same as soon as it can.
    private func stopChild(
        _ child: RequestID, _ mode: StopIntent.Mode, _ backoff: Backoff, until patience: NIODeadline
    ) {
        forbid(child, intent: StopIntent(mode: mode, by: .parent)).whenFailure { error in
            var backoff = backoff
            let wait = backoff.next()
            guard NIODeadline.now() + wait < patience else {
                return self.logger.warning(
                    "a request that works for a stopped one could not be stopped",
                    [.requestID: "\(child)", .error: "\(error)"])
            }
            self.eventLoop.scheduleTask(in: wait) { [backoff] in
                self.stopChild(child, mode, backoff, until: patience)
            }
        }
    }

    /// How long it is tried while Redis is away.
    private static let childPatience = TimeAmount.minutes(1)

    package func expire(_ request: RequestID) -> EventLoopFuture<ExpiryOutcome> {
        run(RedisScripts.expire, request, [], urgent: true).flatMap { reply in
            switch reply[0]?.string {
            case "ended":
                if let child = reply[1]?.string.flatMap({ RequestID($0) }) {
                    self.stopChild(child, .stop, .broker, until: .now() + Self.childPatience)
                }
                return self.save(request, reply[2]).map { .ended }
            case "open": return self.eventLoop.makeSucceededFuture(.open(until: Self.microseconds(reply[1])))
            default: return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to expire"))
            }
        }
    }

    /// A time as a script says it; nil for any.
    static func microseconds(_ reply: RedisReply?) -> TimeAmount? {
        reply?.string.flatMap { Int64($0) }.map { .microseconds(max($0, 0)) }
    }

    package func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> {
        send("HGETALL", .string(keys.request(id))).map { RequestRecord(id, $0) }
    }

    /// Times to live, in seconds, and bounds. Those of a request are in `Scripts/base.lua`.
    static let queueSeconds = 7 * 86_400
    static let messageSeconds = 30 * 86_400
    /// The most messages of a conversation that are listed.
    static let sessionMessages = 1000
}

extension RequestRecord {
    init?(_ id: RequestID, _ reply: RedisReply) {
        guard let fields = reply.map?.compactMapValues(\.string),
            let state = fields["state"].flatMap({ State(rawValue: $0) }),
            let session = fields["session"].flatMap({ SessionID($0) })
        else { return nil }
        self.init(
            id: id, state: state, owner: fields["owner"] ?? "", sessionID: session, queue: fields["queue"] ?? "",
            attempt: fields["attempt"].flatMap { UInt64($0) } ?? 0,
            worker: fields["worker"].flatMap { $0.isEmpty ? nil : $0 },
            jobEntryID: fields["job"], disconnectGrace: fields["on_disconnect"].flatMap { Int($0) },
            stop: TokenEntryCoding.stop(
                [
                    "mode": fields["stop_mode"], "by": fields["stop_by"], "reason": fields["stop_reason"],
                    "requested_at": fields["stop_at"],
                ].compactMapValues { $0 }),
            createdAt: TokenEntryCoding.timestamp(fields["created_at"]) ?? Timestamp(microseconds: 0),
            claimedAt: TokenEntryCoding.timestamp(fields["claimed_at"]),
            endedAt: TokenEntryCoding.timestamp(fields["ended_at"]))
    }
}

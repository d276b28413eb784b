private import Logging
package import NIOCore

extension RedisBroker {
    package func takeJobs(
        queue: String, worker: String, limit: Int, wait: TimeAmount
    ) async throws -> [JobDelivery] {
        let command = RedisCommand(
            "XREADGROUP", "GROUP", .string(RedisKeys.group), .string(worker), "COUNT", .integer(limit), "BLOCK",
            .integer(Int(max(wait.nanoseconds / 1_000_000, 1))), "STREAMS", .string(keys.jobs(queue)), ">")
        let reply: RedisReply
        do {
            reply = try await read(command, wait: wait)
        } catch let error as RedisError where error.isRedis("NOGROUP") {
            try await createGroup(queue).get()
            return []
        } catch {
            throw BrokerError(redis: error)
        }
        return decode(reply[0]?[1]?.array ?? [], queue: queue)
    }

    /// Sends a command that blocks. When the task is cancelled Redis is asked to answer at once, so that a job it gives in that
    /// very moment arrives instead of being lost in a closed connection.
    private func read(_ command: RedisCommand, wait: TimeAmount) async throws -> RedisReply {
        let answer = blocking.send(command, timeout: .after(wait + .seconds(5)), urgent: true)
        return try await withTaskCancellationHandler {
            try await answer.get()
        } onCancel: {
            eventLoop.execute { self.unblock(until: answer, giveUp: .now() + .seconds(1)) }
        }
    }

    /// Repeats, because the command may not have reached Redis when it is asked to end it. A Redis that does not answer for a second
    /// is not there.
    private func unblock(until answer: EventLoopFuture<RedisReply>, giveUp: NIODeadline) {
        guard let id = blocking.clientID else { return blocking.abandon(RedisError(.cancelled, "not connected")) }
        guard .now() < giveUp else {
            return blocking.abandon(RedisError(.timeout, "the end of a wait was not answered"))
        }
        client.send(RedisCommand("CLIENT", "UNBLOCK", .integer(id)), urgent: true).whenComplete { _ in }
        let again = eventLoop.scheduleTask(in: .milliseconds(20)) { self.unblock(until: answer, giveUp: giveUp) }
        answer.whenComplete { _ in again.cancel() }
    }

    private func createGroup(_ queue: String) -> EventLoopFuture<Void> {
        let stream = RedisArgument.string(keys.jobs(queue))
        let created = client.send(RedisCommand("XGROUP", "CREATE", stream, .string(RedisKeys.group), "0", "MKSTREAM"))
        let kept = send("EXPIRE", stream, .integer(Self.queueSeconds))
        return created.map { _ in }.flatMapErrorThrowing { error in
            guard let error = error as? RedisError, error.isRedis("BUSYGROUP") else { throw BrokerError(redis: error) }
        }.flatMap { kept.map { _ in } }
    }

    package func reclaimJobs(
        queue: String, worker: String, idle: TimeAmount, limit: Int
    ) -> EventLoopFuture<[JobDelivery]> {
        trim(queue)
        return reclaim(queue, worker, idle, from: "0-0", limit: limit, taken: [])
            .flatMap { entries in self.counts(of: entries, queue).map { self.decode(entries, queue: queue, counts: $0) }
            }
    }

    private func reclaim(
        _ queue: String, _ worker: String, _ idle: TimeAmount, from start: String, limit: Int, taken: [RedisReply]
    ) -> EventLoopFuture<[RedisReply]> {
        Self.translate(
            client.send(
                RedisCommand(
                    "XAUTOCLAIM", .string(keys.jobs(queue)), .string(RedisKeys.group), .string(worker),
                    .integer(Int(idle.nanoseconds / 1_000_000)), .string(start), "COUNT",
                    .integer(limit - taken.count))
            ).flatMapErrorThrowing { error in
                guard let error = error as? RedisError, error.isRedis("NOGROUP") else { throw error }
                return .array([.string(Array("0-0".utf8)), .array([])])
            }
        ).flatMap { reply in
            let taken = taken + (reply[1]?.array ?? []).filter { !$0.isNull }
            guard let next = reply[0]?.string, next != "0-0", taken.count < limit else {
                return self.eventLoop.makeSucceededFuture(taken)
            }
            return self.reclaim(queue, worker, idle, from: next, limit: limit, taken: taken)
        }
    }

    /// How often each of these entries was delivered.
    private func counts(of entries: [RedisReply], _ queue: String) -> EventLoopFuture<[String: Int]> {
        let stream = RedisArgument.string(keys.jobs(queue))
        let asked = entries.compactMap { $0[0]?.string }.map { id in
            send("XPENDING", stream, .string(RedisKeys.group), .string(id), .string(id), 1).map {
                (id, $0[0]?[3]?.integer)
            }
        }
        return EventLoopFuture.whenAllSucceed(asked, on: eventLoop).map { counts in
            counts.reduce(into: [:]) { table, count in table[count.0] = count.1 }
        }
    }

    /// Cuts off the front of the stream that nobody needs any more: what was delivered and is not pending. Entries are never
    /// deleted one by one, which would blind the group's lag.
    private func trim(_ queue: String) {
        let stream = RedisArgument.string(keys.jobs(queue))
        // In this order: what is delivered in between then shows as pending.
        let groups = send("XINFO", "GROUPS", stream)
        groups.and(send("XPENDING", stream, .string(RedisKeys.group))).whenSuccess { groups, pending in
            guard let oldest = pending[1]?.string ?? Self.lastDelivered(groups), oldest != "0-0" else {
                return
            }
            self.send("XTRIM", stream, "MINID", "~", .string(oldest)).whenComplete { _ in }
        }
        forgetConsumers(queue)
    }

    /// Workers have new names at every start: takes those out of the group that said nothing for an hour and hold nothing.
    private func forgetConsumers(_ queue: String) {
        let stream = RedisArgument.string(keys.jobs(queue))
        let group = RedisArgument.string(RedisKeys.group)
        send("XINFO", "CONSUMERS", stream, group).whenSuccess { reply in
            for consumer in (reply.array ?? []).lazy.compactMap(\.map) {
                guard consumer["pending"]?.integer == 0, let idle = consumer["idle"]?.integer, idle > 3_600_000,
                    let name = consumer["name"]?.string
                else { continue }
                self.send("XGROUP", "DELCONSUMER", stream, group, .string(name)).whenComplete { _ in }
            }
        }
    }

    /// Turns entries of a job stream into deliveries. One that cannot be read is put away and acknowledged.
    private func decode(_ entries: [RedisReply], queue: String, counts: [String: Int] = [:]) -> [JobDelivery] {
        var deliveries: [JobDelivery] = []
        for entry in entries {
            guard let id = entry[0]?.string else { continue }
            if let job = entry[1]?.map?["job"]?.bytes.flatMap({ try? JobCoding.decode($0) }) {
                deliveries.append(JobDelivery(queue: queue, entryID: id, job: job, deliveries: counts[id] ?? 1))
            } else {
                buryUnreadable(entry, id: id, queue: queue)
            }
        }
        return deliveries
    }

    package func claim(_ delivery: JobDelivery, worker: String) -> EventLoopFuture<ClaimOutcome> {
        let id = delivery.job.requestID
        return run(RedisScripts.claim, id, [.string(delivery.entryID), .string(worker)]).flatMap { reply in
            switch reply[0]?.string {
            case "claimed":
                guard let attempt = reply[1]?.integer.flatMap({ UInt64(exactly: $0) }), attempt > 0 else { break }
                let remaining = Self.microseconds(reply[2])
                guard attempt > 1 else {
                    return self.eventLoop.makeSucceededFuture(
                        .claimed(attempt: 1, text: "", tokens: 0, remaining: remaining))
                }
                // The marker stands: what is read from here on cannot grow behind the reader's back.
                return self.said(in: id).map {
                    .claimed(attempt: attempt, text: $0.text, tokens: $0.tokens, remaining: remaining)
                }
            case "ended":
                guard let state = reply[1]?.string.flatMap({ RequestRecord.State(rawValue: $0) }) else { break }
                // Whoever ended it may have died before its text was saved.
                return self.send("HGET", .string(self.keys.message(id.message)), "log")
                    .flatMap { self.save(id, $0) }.map { .ended(state) }
            case "superseded":
                return self.eventLoop.makeSucceededFuture(.superseded)
            default: break
            }
            return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to claim"))
        }
    }

    package func renew(
        _ delivery: JobDelivery, attempt: UInt64, worker: String
    ) -> EventLoopFuture<LeaseState> {
        let id = delivery.job.requestID
        return request(id).flatMap { record in
            guard let record, record.state == .running, record.attempt == attempt else {
                return self.eventLoop.makeSucceededFuture(.lost)
            }
            let renewed = self.send(
                "XCLAIM", .string(self.keys.jobs(delivery.queue)), .string(RedisKeys.group), .string(worker), 0,
                .string(delivery.entryID), "RETRYCOUNT", .integer(delivery.deliveries), "JUSTID")
            let kept = [self.keys.request(id), self.keys.log(id)].map {
                self.send("EXPIRE", .string($0), .integer(Self.openSeconds))
            }
            return EventLoopFuture.andAllSucceed(([renewed] + kept).map { $0.map { _ in } }, on: self.eventLoop)
                .map { record.stop.map { .stopped($0) } ?? .held }
        }
    }

    package func release(
        _ delivery: JobDelivery, attempt: UInt64, worker: String
    ) -> EventLoopFuture<LeaseState> {
        guard attempt > 0 else { return expose(delivery, worker).map { .held } }
        return run(RedisScripts.release, delivery.job.requestID, [.integer(Int(attempt))])
            .flatMapThrowing(Self.lease)
            .flatMap { state in
                guard case .held = state else { return self.eventLoop.makeSucceededFuture(state) }
                return self.expose(delivery, worker).map { .held }
            }
    }

    package func attach(
        child: RequestID, to request: RequestID, attempt: UInt64
    ) -> EventLoopFuture<LeaseState> {
        run(RedisScripts.attach, request, [.integer(Int(attempt)), .string(child.text)]).flatMapThrowing(Self.lease)
    }

    /// What a script answers to a worker that believes to own a request.
    @Sendable private static func lease(_ reply: RedisReply) throws -> LeaseState {
        switch reply[0]?.string {
        case "held": return .held
        case "lost": return .lost
        case "stopped":
            let names = ["", "mode", "by", "reason", "requested_at"]
            let fields = zip(names, reply.array ?? []).compactMap { name, value in value.string.map { (name, $0) } }
            guard let stop = TokenEntryCoding.stop(Dictionary(fields) { $1 }) else { break }
            return .stopped(stop)
        default: break
        }
        throw BrokerError.unexpected("how a request stands")
    }

    /// Makes a job of this worker look abandoned since long, and this delivery as if it had not been, and tells the others.
    private func expose(_ delivery: JobDelivery, _ worker: String) -> EventLoopFuture<Void> {
        let exposed = send(
            "XCLAIM", .string(keys.jobs(delivery.queue)), .string(RedisKeys.group), .string(worker), 0,
            .string(delivery.entryID), "IDLE", .integer(Self.openSeconds * 1000), "RETRYCOUNT",
            .integer(max(delivery.deliveries - 1, 0)), "JUSTID")
        let told = send("PUBLISH", .string(keys.released(delivery.queue)), "released")
        return exposed.and(told).map { _ in }
    }

    /// A moment `ago`, for `finish.lua`: by the clock of Redis where it is known. By the time the script runs more time has passed.
    private func observed(_ ago: TimeAmount) -> String {
        if eventLoop.inEventLoop, let moment = clock.microseconds(at: .now() - ago) { return String(moment) }
        return "-\(ago.nanoseconds / 1000)"
    }

    package func finish(
        _ request: RequestID, attempt: UInt64, ending: AttemptEnding
    ) -> EventLoopFuture<Ending?> {
        let stop = ending.stop ?? StopIntent(by: .operator)
        let known = ending.known.flatMap { known -> [RedisArgument]? in
            guard known.text.utf8.count <= Self.scriptBytes else { return nil }
            return [.string(known.last.description), .string(known.text)]
        }
        return run(
            RedisScripts.finish, request,
            [
                .integer(Int(attempt)), .string(ending.state.rawValue), .string(ending.finishReason),
                .integer(ending.inputTokens), .string(ending.outputTokens.map { String($0) } ?? ""),
                .string(ending.error?.code.rawValue ?? ""), .string(ending.error?.message ?? ""),
                .string(stop.mode.rawValue), .string(stop.by.rawValue), .string(stop.reason ?? ""),
                .string(ending.observedAgo.map { observed($0) } ?? ""),
            ] + (known ?? []), urgent: true
        ).flatMap { reply in
            switch reply[0]?.string {
            case "fenced": return self.eventLoop.makeSucceededFuture(nil)
            case "ended":
                if let ending = reply[1]?.map?.compactMapValues(\.string), let ending = TokenEntryCoding.ending(ending)
                {
                    return self.save(request, reply[2]).map { ending }
                }
            default: break
            }
            return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to finish"))
        }
    }

    package func acknowledge(_ delivery: JobDelivery) -> EventLoopFuture<Void> {
        send("XACK", .string(keys.jobs(delivery.queue)), .string(RedisKeys.group), .string(delivery.entryID))
            .map { _ in }
    }

    package func onRelease(queue: String, handler: @escaping @Sendable () -> Void) -> any BrokerSubscription {
        subscribe(keys.released(queue)) { event in
            switch event {
            case .message, .resumed: handler()
            case .interrupted, .refused: break
            }
        }
    }

    package func takers(of queue: String) -> EventLoopFuture<Int> {
        send("PUBSUB", "NUMSUB", .string(keys.released(queue))).map { $0[1]?.integer ?? 0 }
    }

    /// The time to live of what belongs to a request that has not ended, in seconds; as in `Scripts/base.lua`.
    static let openSeconds = 7 * 86_400
}

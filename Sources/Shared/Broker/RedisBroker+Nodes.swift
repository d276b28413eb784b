package import NIOCore

extension RedisBroker {
    package func announce(_ node: NodeRecord) -> EventLoopFuture<Bool> {
        let key = RedisArgument.string(keys.node(node.id))
        let nodes = RedisArgument.string(keys.nodes)
        let now = Int(Timestamp.now().microseconds / 1000)
        var fields: [RedisArgument] = [
            "HSET", key, "role", .string(node.role.rawValue), "host", .string(node.host), "pid", .integer(node.pid),
            "queue", .string(node.queue), "running", .string(node.running.map(\.text).joined(separator: " ")),
            "started_at", .integer(Int(node.startedAt.microseconds)), "draining", node.isDraining ? "1" : "0",
        ]
        if let generator = node.generator { fields += ["generator", .string(generator)] }
        if let slots = node.slots { fields += ["slots", .integer(slots)] }
        let sent = [
            Self.translate(client.send(RedisCommand(arguments: fields))),
            send("EXPIRE", key, .integer(Self.nodeSeconds)),
            send("ZADD", nodes, .integer(now), .string(node.id)),
            send("ZREMRANGEBYSCORE", nodes, 0, .integer(now - Self.nodeSeconds * 6000)),
            send("EXPIRE", nodes, 3600),
        ]
        return EventLoopFuture.whenAllSucceed(sent, on: eventLoop).map { $0[2].integer == 0 }
    }

    package func retire(_ node: String) -> EventLoopFuture<Void> {
        send("ZREM", .string(keys.nodes), .string(node)).and(send("DEL", .string(keys.node(node)))).map { _ in }
    }

    package func nodes() -> EventLoopFuture<[NodeRecord]> {
        send("ZRANGE", .string(keys.nodes), 0, -1).flatMap { reply in
            let ids = (reply.array ?? []).compactMap(\.string)
            return EventLoopFuture.whenAllSucceed(
                ids.map { id in self.send("HGETALL", .string(self.keys.node(id))).map { NodeRecord(id, $0) } },
                on: self.eventLoop
            ).map { $0.compactMap { $0 } }
        }
    }

    package func lastTaken(of queue: String) -> EventLoopFuture<UInt64> {
        // There is no stream before the first job.
        send("XINFO", "GROUPS", .string(keys.jobs(queue))).flatMapErrorThrowing { error in
            guard (error as? BrokerError)?.code == .refused else { throw error }
            return .array([])
        }.map { Self.lastDelivered($0).flatMap { UInt64($0.prefix { $0 != "-" }) } ?? 0 }
    }

    /// The id of the last entry that was delivered, in an answer to `XINFO GROUPS`.
    static func lastDelivered(_ groups: RedisReply) -> String? {
        (groups.array ?? []).lazy.compactMap(\.map).first { $0["name"]?.string == RedisKeys.group }?[
            "last-delivered-id"]?.string
    }

    package func queuedJobs(queue: String, limit: Int) -> EventLoopFuture<[QueuedJob]> {
        let stream = RedisArgument.string(keys.jobs(queue))
        let group = RedisArgument.string(RedisKeys.group)
        let pending = send("XPENDING", stream, group, "-", "+", .integer(limit)).recover { _ in .array([]) }
        let groups = send("XINFO", "GROUPS", stream).recover { _ in .array([]) }
        return pending.and(groups).flatMap { pending, groups in
            let deliveries = Dictionary(
                (pending.array ?? []).compactMap { entry in entry[0]?.string.map { ($0, entry[3]?.integer ?? 1) } },
                uniquingKeysWith: { first, _ in first })
            let delivered = Self.lastDelivered(groups) ?? "0-0"
            let taken = deliveries.keys.sorted().map { self.send("XRANGE", stream, .string($0), .string($0)) }
            let waiting = self.send("XRANGE", stream, .string("(\(delivered)"), "+", "COUNT", .integer(limit))
            return EventLoopFuture.whenAllSucceed(taken + [waiting], on: self.eventLoop).flatMap { replies in
                let entries = replies.flatMap { $0.array ?? [] }.prefix(limit)
                return EventLoopFuture.whenAllSucceed(
                    entries.map { self.queuedJob($0, deliveries) }, on: self.eventLoop
                ).map { $0.compactMap { $0 } }
            }
        }
    }

    private func queuedJob(_ entry: RedisReply, _ deliveries: [String: Int]) -> EventLoopFuture<QueuedJob?> {
        guard let entryID = entry[0]?.string,
            let id = entry[1]?.map?["id"]?.string.flatMap({ RequestID($0) })
        else { return eventLoop.makeSucceededFuture(nil) }
        return request(id).and(said(in: id)).map { record, said in
            guard let record, !record.state.isEnded else { return nil }
            return QueuedJob(record: record, tokens: said.tokens, deliveries: deliveries[entryID] ?? 0)
        }
    }

    /// How long a node that says nothing is shown, in seconds.
    static let nodeSeconds = 10
}

extension NodeRecord {
    init?(_ id: String, _ reply: RedisReply) {
        guard let fields = reply.map?.compactMapValues(\.string),
            let role = fields["role"].flatMap({ Role(rawValue: $0) })
        else { return nil }
        self.init(
            id: id, role: role, host: fields["host"] ?? "", pid: fields["pid"].flatMap { Int($0) } ?? 0,
            queue: fields["queue"] ?? "", generator: fields["generator"], slots: fields["slots"].flatMap { Int($0) },
            running: (fields["running"] ?? "").split(separator: " ").compactMap { RequestID(String($0)) },
            startedAt: TokenEntryCoding.timestamp(fields["started_at"]) ?? Timestamp(microseconds: 0))
        isDraining = fields["draining"] == "1"
    }
}

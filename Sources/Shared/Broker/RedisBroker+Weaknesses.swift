package import NIOCore

extension RedisBroker {
    /// Asks `INFO`, and `CONFIG GET` for what an ACL keeps `INFO` from telling.
    package func weaknesses() -> EventLoopFuture<[BrokerWeakness]> {
        let told = info("memory").and(info("persistence")).map { memory, persistence in
            memory.merging(persistence) { $1 }
        }
        return told.flatMap { info in
            let asked = [
                ("maxmemory_policy", "maxmemory-policy"), ("maxmemory", "maxmemory"), ("aof_enabled", "appendonly"),
            ].filter { info[$0.0] == nil }
            return EventLoopFuture.whenAllSucceed(
                asked.map { field, setting in self.setting(setting).map { (field, $0) } }, on: self.eventLoop
            ).map { settings in
                var info = info
                for (field, value) in settings { info[field] = value.map { ["yes": "1", "no": "0"][$0] ?? $0 } }
                return BrokerWeakness.all(inInfo: info)
            }
        }
    }

    /// The fields of a section, or nothing where this user may not ask.
    private func info(_ section: String) -> EventLoopFuture<[String: String]> {
        Self.unlessForbidden(client.send(RedisCommand("INFO", .string(section)))).map { reply in
            let pairs = (reply?.string ?? "").split(whereSeparator: \.isNewline).compactMap { line in
                line.firstIndex(of: ":").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }
            return Dictionary(pairs) { $1 }
        }
    }

    private func setting(_ name: String) -> EventLoopFuture<String?> {
        Self.unlessForbidden(client.send(RedisCommand("CONFIG", "GET", .string(name)))).map { $0?[1]?.string }
    }

    /// Nil for a command that an ACL forbids, or that a provider took away.
    private static func unlessForbidden(_ reply: EventLoopFuture<RedisReply>) -> EventLoopFuture<RedisReply?> {
        reply.map { Optional($0) }.flatMapErrorThrowing { error in
            guard let error = error as? RedisError, error.isRedis("NOPERM") || error.isRedis("ERR") else {
                throw BrokerError(redis: error)
            }
            return nil
        }
    }
}

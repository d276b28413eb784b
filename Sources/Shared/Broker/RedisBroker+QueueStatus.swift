package import NIOCore

extension RedisBroker {
    /// Jobs that are looked at, at most, to find one that still waits.
    private static let examinedJobs = 16

    package func queueStatus(of queue: String) -> EventLoopFuture<QueueStatus> { queueStatus(of: queue, examining: 1) }

    /// Most often the very first still waits: only where it has ended are others looked at.
    private func queueStatus(of queue: String, examining count: Int) -> EventLoopFuture<QueueStatus> {
        Self.translate(
            client.evaluate(
                RedisScripts.queue, keys: [.string(keys.jobs(queue))],
                args: [.string(RedisKeys.group), .integer(count)])
        ).flatMap { reply in
            guard let waiting = reply[0]?.integer, let taken = reply[1]?.integer,
                let now = reply[2]?.string.flatMap({ Int64($0) }), let ids = reply[3]?.array
            else { return self.eventLoop.makeFailedFuture(BrokerError.unexpected("how a queue stands")) }
            let asked = ids.compactMap { $0.string.flatMap { RequestID($0) } }.map { self.request($0) }
            return EventLoopFuture.whenAllSucceed(asked, on: self.eventLoop).flatMap { records in
                if ids.count == count, count < Self.examinedJobs, records.first??.state != .queued {
                    return self.queueStatus(of: queue, examining: Self.examinedJobs)
                }
                var status = QueueStatus(waiting: waiting, taken: taken, oldestAge: .zero)
                // What lies behind those that were looked at is younger than the last of them.
                if let oldest = records.first(where: { $0?.state == .queued })
                    ?? (ids.count == count ? records.last : .none)
                {
                    status.oldestAge = oldest.map { .microseconds(max(now - $0.createdAt.microseconds, 0)) }
                }
                return self.eventLoop.makeSucceededFuture(status)
            }
        }
    }
}

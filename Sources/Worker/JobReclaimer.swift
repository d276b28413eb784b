package import NIOCore
package import Shared

/// Takes over the jobs of workers that have fallen silent for a whole lease, and those that a draining worker gave back.
///
/// It is due at the start, every third of a lease, and at once when somebody gave a job back. After Redis was away it waits a
/// third of a lease first, so that the workers that live renew what they hold.
package struct JobReclaimer {
    private let broker: any Broker
    private let queue: String
    private let worker: String
    private let lease: TimeAmount
    private var due = NIODeadline.now()

    package init(broker: any Broker, queue: String, worker: String, lease: TimeAmount) {
        self.broker = broker
        self.queue = queue
        self.worker = worker
        self.lease = lease
    }

    /// How long until it is due.
    package var remaining: TimeAmount { max(due - .now(), .zero) }

    /// Somebody gave a job back.
    package mutating func released() { due = .now() }

    /// Redis did not answer somebody.
    package mutating func redisWasAway() { due = .now() + third }

    /// Takes over what there is, at most `limit` jobs. Throws `BrokerError`.
    package mutating func reclaim(limit: Int) async throws -> [JobDelivery] {
        due = .now() + third
        let jobs = try await broker.reclaimJobs(queue: queue, worker: worker, idle: lease, limit: limit).get()
        // There may be more than that.
        if jobs.count == limit { due = .now() }
        return jobs
    }

    private var third: TimeAmount { .nanoseconds(max(lease.nanoseconds / 3, 1_000_000)) }
}

package import NIOCore
package import Shared

/// Renews the lease of one running job every third of it, and reads the request's intent as it does: what the stop channel lost,
/// the renewal brings.
///
/// Bound to its event loop: call it there; the handler is called there, never after `cancel()`. While Redis is away it asks again
/// at short intervals, so that the lease is renewed before others look for jobs to take over.
/// `@unchecked Sendable`: it is captured by callbacks that run on its event loop and touched nowhere else.
package final class LeaseRenewer: @unchecked Sendable {
    private let shard: Shard
    private let delivery: JobDelivery
    private let attempt: UInt64
    private let worker: String
    private let interval: TimeAmount
    private let handler: (LeaseState) -> Void
    private var backoff = Backoff.broker
    private var timer: Scheduled<Void>?
    private var isCancelled = false

    /// `handler` is called with each answer.
    package init(
        shard: Shard, delivery: JobDelivery, attempt: UInt64, worker: String, lease: TimeAmount,
        handler: @escaping (LeaseState) -> Void
    ) {
        self.shard = shard
        self.delivery = delivery
        self.attempt = attempt
        self.worker = worker
        self.interval = .nanoseconds(max(lease.nanoseconds / 3, 1_000_000))
        self.handler = handler
        schedule(in: interval)
    }

    /// Renews at once, besides the rhythm.
    package func renewNow() {
        guard !isCancelled else { return }
        timer?.cancel()
        renew()
    }

    /// Ends it. Idempotent.
    package func cancel() {
        isCancelled = true
        timer?.cancel()
    }

    private func schedule(in delay: TimeAmount) {
        timer = shard.eventLoop.scheduleTask(in: delay) { [weak self] in self?.renew() }
    }

    private func renew() {
        guard !isCancelled else { return }
        shard.broker.renew(delivery, attempt: attempt, worker: worker).whenComplete { [weak self] result in
            guard let self, !self.isCancelled else { return }
            switch result {
            case .success(.held):
                self.backoff.reset()
                self.schedule(in: self.interval)
                self.handler(.held)
            case .success(.stopped(let intent)):
                self.schedule(in: self.interval)
                self.handler(.stopped(intent))
            case .success(.lost): self.handler(.lost)
            case .failure: self.schedule(in: min(self.backoff.next(), self.interval))
            }
        }
    }
}

package import Logging
private import NIOCore
import ServiceLifecycle
package import Shared
private import Synchronization

/// Takes jobs from the queue and runs them:
///
/// 1. waits for a free slot, and, where Redis answers but stops are not heard, until they are: a worker that hears may take the jobs;
/// 2. takes over what other workers left, when that is due, for free slots only;
/// 3. otherwise takes new jobs, at most as many as slots are free, in one read that blocks until there is one; a job that was
///    given back elsewhere ends the wait;
/// 4. runs each in a task of its own, on the event loops in turn;
/// 5. while Redis does not answer, waits with growing, random pauses, and the node is not ready;
/// 6. where Redis refuses that the stops of its jobs are heard, it takes no more for as long as a lease, so that others take those it gave
///    back;
/// 7. on shutdown goes quiet: it takes no more, and gives back what it took in that moment; hands what runs over to other
///    workers, as far as they have room; lets the rest end until the drain's deadline; then asks it to go back to the queue,
///    and returns when that is done.
package struct JobConsumer: Service {
    private let shards: [Shard]
    private let configuration: JobConsumerConfiguration
    private let generator: any TokenGenerator
    private let running: RunningJobs
    private let readiness: Readiness
    private let metrics: WorkerMetrics
    private let logger: Logger
    private let quiet = Gate()
    private let nudge = Nudge()
    private let wasReleased = ReleaseFlag()
    /// Because Redis refused that the stops of a job are heard.
    private let pause = Pause()

    /// The most jobs of one read.
    private static let maximumBatch = 16
    /// How long jobs may take to go back after the drain's deadline, should Redis not answer.
    private static let releasePatience = Duration.seconds(3)
    /// So long a draining worker waits before it looks for others, which may have begun to drain in the same moment; between two
    /// looks where there was nobody; and after jobs were handed over, until the list of nodes shows them.
    private static let firstLook = Duration.milliseconds(150)
    private static let nextLook = Duration.milliseconds(500)
    private static let lookAfterHandOver = Duration.seconds(3)

    package init(
        shards: [Shard], configuration: JobConsumerConfiguration, generator: any TokenGenerator, running: RunningJobs,
        readiness: Readiness, metrics: WorkerMetrics, logger: Logger
    ) {
        precondition(!shards.isEmpty, "a worker needs an event loop")
        self.shards = shards
        self.configuration = configuration
        self.generator = generator
        self.running = running
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the graceful shutdown is complete or the task is cancelled.
    package func run() async throws {
        running.offer()
        readiness.meet(.started)
        readiness.meet(.accepting)
        let subscription = broker.onRelease(queue: configuration.queue) {
            wasReleased.set()
            nudge.give()
        }
        defer { subscription.cancel() }
        readiness.onChange { [nudge] in nudge.give() }
        await withDiscardingTaskGroup { group in
            await withGracefulShutdownHandler {
                // On a loop of the worker, as the jobs are: a change of threads costs as much as a round trip to Redis.
                await withTaskExecutorPreference(shards[0].executor) { await consume(in: &group) }
            } onGracefulShutdown: {
                readiness.obstruct(.accepting, because: "the worker drains")
                quiet.open()
                nudge.give()
                // From here on this worker does not count as one that takes jobs.
                subscription.cancel()
                running.drain()
            }
            await drain()
            // Nothing is left, or Redis does not answer: then nobody waits for it, the leases run out, and others take over.
            group.cancelAll()
        }
    }

    private var broker: any Broker { shards[0].broker }

    // MARK: Taking

    private func consume(in group: inout DiscardingTaskGroup) async {
        var reclaimer = JobReclaimer(
            broker: broker, queue: configuration.queue, worker: configuration.job.worker, lease: configuration.job.lease
        )
        var backoff = Backoff(minimum: 25_000_000, maximum: 2_000_000_000)
        while !quiet.isOpen, !Task.isCancelled {
            await slotOrQuiet()
            await hearingOrQuiet()
            guard !quiet.isOpen, running.free > 0 else { continue }
            do {
                if wasReleased.take() { reclaimer.released() }
                let jobs: [JobDelivery]
                if reclaimer.remaining == .zero {
                    jobs = withoutOwn(try await reclaimer.reclaim(limit: min(running.free, Self.maximumBatch)))
                    metrics.jobsReclaimed(jobs.count)
                } else {
                    jobs = try await take(limit: min(running.free, Self.maximumBatch), wait: reclaimer.remaining)
                    metrics.jobsTaken(jobs.count)
                }
                backoff.reset()
                readiness.meet(.redis)
                for job in jobs { start(job, on: shards.leastLoaded, in: &group) }
            } catch {
                metrics.takeFailed()
                if readiness.obstruct(.redis, because: "jobs cannot be taken") {
                    logger.warning("no jobs can be taken; trying again", [.error: "\(error)"])
                }
                reclaimer.redisWasAway()
                await quietOrAfter(backoff.next())
            }
        }
    }

    /// Waits until the stops of what is taken are heard, as far as is known. While Redis does not answer nothing is known.
    private func hearingOrQuiet() async {
        while readiness.isMet(.redis), !readiness.isMet(.control), !quiet.isOpen, !Task.isCancelled {
            await nudge.wait()
        }
        let rest = pause.remaining
        if rest > .zero { await quietOrAfter(rest) }
    }

    /// Leaves out what runs here: this worker was suspended, or Redis away, for longer than the lease, and nobody else has
    /// taken the job since.
    private func withoutOwn(_ jobs: [JobDelivery]) -> [JobDelivery] {
        jobs.filter { job in
            guard let holder = running.holder(of: job) else { return true }
            logger.notice("a lease ran out and was taken again", [.requestID: "\(job.job.requestID)"])
            holder.renewLease()
            return false
        }
    }

    /// Takes new jobs. A nudge ends the wait; what was taken in that moment is returned.
    private func take(limit: Int, wait: TimeAmount) async throws -> [JobDelivery] {
        try await withThrowingTaskGroup(of: [JobDelivery]?.self) { group in
            group.addTask {
                try await broker.takeJobs(
                    queue: configuration.queue, worker: configuration.job.worker, limit: limit, wait: wait)
            }
            group.addTask {
                await nudge.wait()
                return nil
            }
            var taken: [JobDelivery] = []
            while let result = try await group.next() {
                group.cancelAll()
                taken += result ?? []
            }
            return taken
        }
    }

    private func start(_ delivery: JobDelivery, on shard: Shard, in group: inout DiscardingTaskGroup) {
        let job = JobRunner(
            delivery: delivery, shard: shard, generator: generator, configuration: configuration.job, metrics: metrics,
            logger: logger)
        job.onRefusal = { [pause, nudge, configuration] in
            pause.begin(for: configuration.job.lease)
            nudge.give()
        }
        let slot = running.began(job)
        shard.began()
        // Taken in the moment the node went quiet.
        if quiet.isOpen { job.askToGiveBack() }
        group.addTask(executorPreference: shard.executor) {
            await job.run()
            shard.ended()
            running.ended(slot)
        }
    }

    private func slotOrQuiet() async {
        guard running.free == 0 else { return }
        await withTaskGroup { group in
            group.addTask { await running.change { $0 >= running.slots } }
            group.addTask { await quiet.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func quietOrAfter(_ time: TimeAmount) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: .nanoseconds(time.nanoseconds)) }
            group.addTask { await quiet.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Draining

    private func drain() async {
        logger.notice("draining", [.running: "\(running.slots - running.free)"])
        let deadline = ContinuousClock.now + configuration.drainTimeout
        let others = HandOver(broker: broker, queue: configuration.queue, worker: configuration.job.worker)
        var wait = Self.firstLook
        while await endOfJobs(within: min(wait, deadline - ContinuousClock.now)), ContinuousClock.now < deadline {
            let count = running.giveBack(atMost: await others.room())
            if count > 0 { logger.notice("handing over to other workers", [.jobCount: "\(count)"]) }
            wait = count > 0 ? Self.lookAfterHandOver : Self.nextLook
        }
        running.giveBack(atMost: .max)
        await endOfJobs(within: Self.releasePatience)
        logger.notice("drained", [.running: "\(running.slots - running.free)"])
    }

    /// Waits for the end of all jobs. Returns whether some still run.
    @discardableResult
    private func endOfJobs(within limit: Duration) async -> Bool {
        await withTaskGroup { group in
            group.addTask { await running.change { $0 > 0 } }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return running.count > 0
    }
}

/// Whether a job was given back since it was last asked.
private final class ReleaseFlag: Sendable {
    private let flag = Atomic(false)

    func set() { flag.store(true, ordering: .relaxed) }

    func take() -> Bool { flag.exchange(false, ordering: .relaxed) }
}

/// A time in which no jobs are taken.
private final class Pause: Sendable {
    private let end = Mutex(NIODeadline.uptimeNanoseconds(0))

    func begin(for time: TimeAmount) { end.withLock { $0 = .now() + time } }

    var remaining: TimeAmount { end.withLock { $0 } - .now() }
}

private import Metrics
package import NIOCore
package import Shared
private import Synchronization

/// What a worker counts of its jobs. Code calls the intents; the names of all metrics are in `WorkerMetrics+Names.swift`. What is counted
/// per token or entry is in `TokenMetrics`, what has the names of OpenTelemetry in `GenerationMetrics`.
package final class WorkerMetrics: Sendable {
    /// By the names of OpenTelemetry.
    package let generations: GenerationMetrics
    private let registry: PrometheusRegistry
    private let jobsTaken: Counter
    private let jobsReclaimed: Counter
    private let takeovers: Counter
    private let buried: Counter
    private let queueWait: Timer
    private let firstTokenWait: Timer
    private let running: Meter
    private let slots: Meter
    private let freeSlots: Meter
    private let redisFailures: Counter
    private let loops = Mutex<[ObjectIdentifier: TokenMetrics]>([:])

    /// Metrics of a worker with this generator, and the model that it asks for where a request names none.
    package init(registry: PrometheusRegistry, generator: String = "count", model: String? = nil) {
        self.registry = registry
        generations = GenerationMetrics(registry: registry, generator: generator, model: model)
        jobsTaken = Counter(label: Name.jobsTaken, factory: registry)
        jobsReclaimed = Counter(label: Name.jobsReclaimed, factory: registry)
        takeovers = Counter(label: Name.takeovers, factory: registry)
        buried = Counter(label: Name.buried, factory: registry)
        queueWait = Timer(label: Name.queueWait, factory: registry)
        firstTokenWait = Timer(label: Name.firstToken, factory: registry)
        running = Meter(label: Name.running, factory: registry)
        slots = Meter(label: Name.slots, factory: registry)
        freeSlots = Meter(label: Name.freeSlots, factory: registry)
        redisFailures = Counter(label: Name.redisFailures, factory: registry)
    }

    /// What is counted on `eventLoop`. The same for every call with the same loop.
    package func tokens(on eventLoop: any EventLoop) -> TokenMetrics {
        loops.withLock { loops in
            if let metrics = loops[ObjectIdentifier(eventLoop)] { return metrics }
            let metrics = TokenMetrics(registry: registry)
            loops[ObjectIdentifier(eventLoop)] = metrics
            return metrics
        }
    }

    // MARK: Slots

    /// The worker has so many slots.
    package func slotsOffered(_ count: Int) { slots.set(Int64(count)) }

    /// So many jobs run now, and so many more would be taken.
    package func runningJobs(_ count: Int, free: Int) {
        running.set(Int64(count))
        freeSlots.set(Int64(free))
    }

    // MARK: Jobs

    /// Jobs came from the queue.
    package func jobsTaken(_ count: Int) { jobsTaken.increment(by: count) }

    /// Jobs came from other workers.
    package func jobsReclaimed(_ count: Int) { jobsReclaimed.increment(by: count) }

    /// Redis did not answer the consumer.
    package func takeFailed() { redisFailures.increment() }

    /// A request that another attempt had begun is this worker's.
    package func tookOver() { takeovers.increment() }

    /// A job was put away among the dead ones.
    package func jobBuried() { buried.increment() }

    /// The generator of a job that was submitted at `submittedAt` starts. The clocks of two hosts are compared.
    package func jobStarted(waited submittedAt: Timestamp) {
        queueWait.recordNanoseconds(Self.time(since: submittedAt).nanoseconds)
    }

    /// The first token of a request, so long after it was submitted.
    package func firstToken(after time: TimeAmount) { firstTokenWait.recordNanoseconds(time.nanoseconds) }

    /// A job left the worker. `stop` is what ended its request, where it was cancelled.
    package func jobEnded(state: String, stop: StopIntent?, after time: TimeAmount) {
        Counter(
            label: Name.jobsEnded, dimensions: [("state", state)] + (stop.map(Self.labels) ?? []), factory: registry
        ).increment()
        timer(Name.jobTime, ("state", state)).recordNanoseconds(time.nanoseconds)
    }

    // MARK: Stops

    /// A generator ended because of a stop, which was heard in the state `met` of its job.
    package func stopObserved(in time: TimeAmount, mode: StopIntent.Mode, met: String) {
        timer(Name.stopTime, ("mode", mode.rawValue), ("met", met)).recordNanoseconds(time.nanoseconds)
    }

    /// A request has ended by a stop that was observed here.
    package func requestStopped(by stop: StopIntent) {
        guard let requestedAt = stop.requestedAt, let observedAt = stop.observedAt else { return }
        Timer(label: Name.stopObserved, dimensions: Self.labels(stop), factory: registry)
            .recordNanoseconds(max(observedAt.microseconds - requestedAt.microseconds, 0) * 1000)
    }

    /// A stop spared so many tokens, of a total that is known or that would not have been exceeded.
    package func tokensSaved(_ count: Int, of total: ExpectedTokens) {
        guard count > 0 else { return }
        Counter(label: Name.savedTokens, dimensions: [("total", total.name)], factory: registry).increment(by: count)
    }

    // MARK: Inside

    /// The time since `moment` by this host's clock. A job may name any year as that of its submission.
    package static func time(since moment: Timestamp) -> TimeAmount {
        .nanoseconds(min(max(Timestamp.now().microseconds - moment.microseconds, 0), Int64.max / 1000) * 1000)
    }

    private static func labels(_ stop: StopIntent) -> [(String, String)] {
        [("by", stop.by.rawValue), ("mode", stop.mode.rawValue)]
    }

    private func timer(_ name: String, _ labels: (String, String)...) -> Timer {
        Timer(label: name, dimensions: labels, factory: registry)
    }
}

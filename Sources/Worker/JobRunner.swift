package import Logging
import NIOCore
package import Shared
import Synchronization

/// Runs one job, from the claim to the acknowledgement:
///
/// 1. subscribes to the stops of the request and claims it, both at once;
/// 2. reads its intent when both are answered: a stop that came before shows in the claim or there, one that comes after is heard; and
///    asks for it while the claim alone is answered (see `hear`);
/// 3. lets the generator speak into the token log, renewing the lease; a stop, or the end of the time it may take, races every wait;
/// 4. writes the ending, repeated until it is known to stand or to be fenced; then acknowledges the job.
///
/// Or, when the node drains, gives it back with what was said. Cancelling the task kills the context and gives the job back, if Redis
/// answers at once; if not, the job is left to the lease. An answer that may be cut short is never finished.
///
/// Bound to the event loop of its shard: `run()` is to be awaited in a task that prefers the shard's executor, and the other
/// methods are called on the loop.
/// `@unchecked Sendable`: it is captured by callbacks and tasks that run on its event loop and touched nowhere else.
package final class JobRunner: @unchecked Sendable {
    let delivery: JobDelivery
    let shard: Shard
    let generator: any TokenGenerator
    let configuration: JobConfiguration
    let metrics: WorkerMetrics
    let tokenMetrics: TokenMetrics
    let logger: Logger
    let context: RequestContext

    var machine = GenerationStateMachine()
    var publisher: TokenPublisher?
    private var stops: StopSubscriber?
    private var renewer: LeaseRenewer?
    var journal: AttemptJournal?
    private var expiry: Scheduled<Void>?
    /// Opens when stops are heard, or when the generator is not to begin any more.
    let hearing = Gate()
    /// Called on the event loop when Redis refuses that stops are heard, before the job is given back.
    package var onRefusal: (@Sendable () -> Void)?
    /// Whether it did.
    var wasRefused = false
    /// Opens when the generator's task is to be cancelled, or has ended.
    let interruption = Gate()
    /// Opens when the generator has ended, or is left behind.
    let generatorEnd = Gate()
    var result: GenerationStateMachine.Result?
    /// Whether the generator was asked.
    private(set) var hasGenerated = false
    /// Whether the generator came to an end of its own.
    var generatorIsDone = false
    let start = NIODeadline.now()
    /// Whether it may still bring the job to its end.
    let isHolding = Atomic(true)
    var attendance: Attendance
    var generatorEndedAt: NIODeadline?
    var record = JobRecord()
    var tokensSoFar = 0
    var saidTokens = 0
    var saidBytes = 0

    /// The request it runs.
    package var request: RequestID { delivery.job.requestID }

    /// Whether this runs the job of `delivery`, and has neither lost nor ended it. May be asked from anywhere.
    package func holds(_ delivery: JobDelivery) -> Bool {
        delivery.entryID == self.delivery.entryID && delivery.queue == self.delivery.queue
            && isHolding.load(ordering: .relaxed)
    }

    /// Renews the lease now. May be called from anywhere.
    package func renewLease() { shard.eventLoop.execute { self.renewer?.renewNow() } }

    /// A runner for one delivery.
    package init(
        delivery: JobDelivery, shard: Shard, generator: any TokenGenerator, configuration: JobConfiguration,
        metrics: WorkerMetrics, logger: Logger
    ) {
        self.delivery = delivery
        self.shard = shard
        self.generator = generator
        self.configuration = configuration
        self.metrics = metrics
        tokenMetrics = metrics.tokens(on: shard.eventLoop)
        self.logger = logger.with([.requestID: "\(delivery.job.requestID)"])
        self.context = RequestContext(id: delivery.job.requestID)
        attendance = Attendance(
            grace: delivery.job.disconnectGrace.map { Int64($0) * 1_000_000_000 },
            maximum: configuration.maximumUnattended.nanoseconds, interval: configuration.lease.nanoseconds / 3)
    }

    /// Runs the job to its end, its release, or its loss. Returns when the generator has returned.
    package func run() async {
        await withTaskCancellationHandler {
            await runJob()
        } onCancel: {
            context.kill()
            shard.eventLoop.execute { self.giveUp() }
        }
    }

    /// Gives the job back to its queue with what was said so far, unless it is about to end. May be called from anywhere.
    package func askToGiveBack() { shard.eventLoop.execute { self.giveBack() } }

    func giveBack() {
        guard machine.releaseRequested() else { return }
        interrupt()
    }

    /// Ends every wait for Redis, for it may never answer.
    private func giveUp() {
        giveBack()
        publisher?.abort()
        stops?.cancel()
    }

    // MARK: The course of a job

    private func runJob() async {
        defer {
            isHolding.store(false, ordering: .relaxed)
            stops?.cancel()
            renewer?.cancel()
            expiry?.cancel()
            publisher?.abort()
            context.retire()
        }
        do {
            guard delivery.deliveries <= configuration.maximumDeliveries else {
                try await bury()
                return report()
            }
            let stops = listenForStops()
            let claim = try await untilAnswered { [self] in
                shard.broker.claim(delivery, worker: configuration.worker)
            }
            switch claim {
            case .claimed(let attempt, let text, let tokens, let remaining):
                try await runClaimed(attempt: attempt, text: text, tokens: tokens, remaining: remaining, stops)
            case .ended(let state):
                _ = machine.claimRefused(Ending.State(rawValue: state.rawValue))
                if state == .cancelled {
                    record.earlierStop = try await untilAnswered { [self] in shard.broker.request(request) }?.stop
                }
                try await endElsewhere()
                try await acknowledge()
            case .superseded:
                _ = machine.claimRefused(nil)
                try await acknowledge()
            }
        } catch  where Task.isCancelled {
            logger.warning(
                "a job is left to others, for Redis did not answer in time",
                [.state: "\(machine.name)", .error: "\(error)"])
        } catch {
            logger.error(
                "a job is left to others, for Redis refused what it needs",
                [.state: "\(machine.name)", .error: "\(error)"])
        }
        report()
    }

    /// Workers have died over it: nobody is to try again.
    private func bury() async throws {
        let tries = delivery.deliveries - 1
        let failure = Ending.Failure(code: .internalError, message: "gave up after \(tries) deliveries")
        let outcome = try await untilAnswered { [self] in shard.broker.giveUp(delivery, failure: failure) }
        _ = machine.claimRefused(outcome == .givenUp ? .failed : nil)
        if outcome != .superseded { try await endElsewhere() }
        guard outcome == .givenUp else { return try await acknowledge() }
        _ = try await untilAnswered { [self] in shard.broker.bury(delivery, reason: "deliveries") }
        metrics.jobBuried()
        logger.error("a job was put away, for no worker brought it to its end", [.deliveries: "\(tries)"])
    }

    private func listenForStops() -> StopSubscriber {
        let stops = StopSubscriber(broker: shard.broker, request: request) { [weak self] event in
            switch event {
            case .stop(let intent): self?.stop(intent)
            // By somebody else, for this worker listens no more when it writes an ending.
            case .ended: self?.leaseLost()
            }
        }
        self.stops = stops
        return stops
    }

    private func runClaimed(
        attempt: UInt64, text: String, tokens: Int, remaining: TimeAmount?, _ stops: StopSubscriber
    ) async throws {
        if attempt > 1 { metrics.tookOver() }
        tokensSoFar = tokens
        saidBytes = text.utf8.count
        journal = configuration.journal?.attempt(attempt, of: request, by: configuration.worker)
        journal?.started(tokens: tokens)
        prepare(attempt, textSoFar: text)
        switch machine.claimed() {
        case .generate:
            expireAfter(remaining)
            await hear(stops, attempt: attempt)
            keepLease(attempt)
            try await generate(
                GenerationRequest(job: delivery.job, attempt: attempt, textSoFar: text, tokensSoFar: tokens),
                attempt: attempt)
        case .finish(let ending):
            keepLease(attempt)
            generatorEndedAt = .now()
            try await finish(ending, attempt: attempt)
        case .release:
            keepLease(attempt)
            try await release(attempt: attempt)
        case .acknowledge: try await acknowledge()
        }
    }

    /// The claim told how much time is left, by the clock of Redis; from here on the own one counts.
    private func expireAfter(_ remaining: TimeAmount?) {
        guard let remaining else { return }
        expiry = shard.eventLoop.scheduleTask(in: remaining) { [weak self] in
            guard let self, self.machine.expired() else { return }
            self.logger.info("the time of the request is over", [:])
            self.journal?.timeOver()
            self.obey(.stopGenerator(.stop))
        }
    }

    private func prepare(_ attempt: UInt64, textSoFar: String) {
        publisher = TokenPublisher(
            broker: shard.broker, request: request,
            batcher: TokenBatcher(
                attempt: attempt, batching: configuration.batching, maximumBytes: configuration.gatheredBytes,
                window: configuration.window, textSoFar: textSoFar, tokensSoFar: tokensSoFar),
            onClose: { [weak self] closing in
                switch closing {
                case .sealed: self?.sealed()
                case .fenced: self?.leaseLost()
                }
            },
            onWrite: { [tokenMetrics] time in tokenMetrics.entryWritten(in: time) })
    }

    private func keepLease(_ attempt: UInt64) {
        renewer = LeaseRenewer(
            shard: shard, delivery: delivery, attempt: attempt, worker: configuration.worker, lease: configuration.lease
        ) { [weak self] lease in
            switch lease {
            case .held: self?.countViewers()
            case .stopped(let intent): self?.stop(intent)
            case .lost: self?.leaseLost()
            }
        }
    }

    func generate(_ request: GenerationRequest, attempt: UInt64) async throws {
        // Stopped, out of time, given back or lost before it began.
        guard machine.isSpeaking, !Task.isCancelled else { return try await conclude(attempt: attempt) }
        metrics.jobStarted(waited: delivery.job.submittedAt)
        hasGenerated = true
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.runGenerator(request) }
            await interruption.wait()
            group.cancelAll()
            if result == nil {
                let patience = shard.eventLoop.scheduleTask(in: configuration.generatorGrace) {
                    self.generatorEnd.open()
                }
                await generatorEnd.wait()
                patience.cancel()
                if result == nil { logger.warning("the generator does not end: it is left behind", [:]) }
            }
            // A generator that was left behind may keep this task for long.
            defer { isHolding.store(false, ordering: .relaxed) }
            try await conclude(attempt: attempt)
        }
    }

    private func conclude(attempt: UInt64) async throws {
        let result = result ?? .interrupted
        if generatorEndedAt == nil { generatorEndedAt = .now() }
        // Then the kill that ended the generator was not one of the request.
        if Task.isCancelled { _ = machine.releaseRequested() }
        switch machine.generatorEnded(result) {
        case .none: break
        case .finish(let ending, let flushes):
            // What may be cut short must not stand as the whole.
            if flushes, let publisher, !(await publisher.flush()) { throw CancellationError() }
            try await finish(ending, attempt: attempt)
        case .release: try await release(attempt: attempt)
        }
        // A generator that was cut short, as by the bound on an answer, may have others working for it.
        if machine.isEnded, !generatorIsDone { context.stopGenerating() }
    }

    func release(attempt: UInt64) async throws {
        // What is not in the log nobody has heard: the next worker says it again, unless there is a stop.
        if machine.stop == nil { _ = await publisher?.flush() }
        // A stop that only this worker heard is durable before others may take the request: nobody would know of it.
        if let stops { try await stops.settled.get(patience: Self.patience) }
        var delivery = delivery
        // Giving a job back takes its delivery back, unless nobody may ever hear its stops: then it is put away in the end.
        if wasRefused { delivery.deliveries += 1 }
        // From here on it may come back to this worker, before the answer does.
        isHolding.store(false, ordering: .relaxed)
        let lease = try await untilAnswered { [self, delivery] in
            shard.broker.release(delivery, attempt: attempt, worker: configuration.worker)
        }
        if let ending = machine.releaseAnswered(lease, now: Self.now) { try await finish(ending, attempt: attempt) }
    }

    private func finish(_ ending: AttemptEnding, attempt: UInt64) async throws {
        // The finish sees recorded intents by itself; from here on nobody hears a publish.
        stops?.cancel()
        let answer = try await untilAnswered { [self] in
            var ending = machine.endingDue(ending)
            ending.observedAgo = generatorEndedAt.map { .now() - $0 }
            ending.known = publisher?.content
            return shard.broker.finish(request, attempt: attempt, ending: ending)
        }
        guard machine.finishAnswered(answer) else { return tellOfLostClaim() }
        record.ending = answer
        renewer?.cancel()
        if !hasGenerated { try await endElsewhere() }
        try await acknowledge()
    }

    /// The request has ended without this worker's generator: earlier attempts may have left something running.
    private func endElsewhere() async throws {
        try await untilAnswered { [self] in generator.requestEnded(delivery.job, on: shard) }
    }

    private func acknowledge() async throws {
        try await untilAnswered { [self] in shard.broker.acknowledge(delivery) }
    }

    // MARK: Calls

    /// How long an answer is awaited when the task is cancelled.
    static let patience = TimeAmount.milliseconds(500)

    /// Repeats a call until Redis has answered it. Throws what waiting does not mend. When the task is cancelled the call under way
    /// may still be answered within `patience`.
    private func untilAnswered<Value: Sendable>(
        _ call: () -> EventLoopFuture<Value>
    ) async throws -> Value {
        var backoff = Backoff.broker
        while true {
            do {
                return try await call().get(patience: Self.patience)
            } catch let error as BrokerError where error.code == .unavailable || error.code == .overloaded {
                if Task.isCancelled { throw error }
                try await Task.sleep(for: .nanoseconds(backoff.next().nanoseconds))
            }
        }
    }

    static var now: Int64 { Int64(bitPattern: NIODeadline.now().uptimeNanoseconds) }
}

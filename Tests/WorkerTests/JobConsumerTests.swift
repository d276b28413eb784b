import Logging
import NIOCore
import ServiceLifecycle
import ServiceLifecycleTestKit
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct JobConsumerTests {
    private let lab = JobLab()
    private let readiness = Readiness([.redis, .accepting])

    private func consumer(
        _ generator: any TokenGenerator, slots: Int = 4, drain: Duration = .seconds(30), worker: String = "w1",
        lease: TimeAmount = .seconds(15)
    ) -> JobConsumer {
        JobConsumer(
            shards: [lab.shard],
            configuration: JobConsumerConfiguration(
                queue: JobLab.queue, drainTimeout: drain, job: JobConfiguration(worker: worker, lease: lease)),
            generator: generator, running: RunningJobs(slots: slots, metrics: lab.metrics), readiness: readiness,
            metrics: lab.metrics, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Shows a worker in the list of nodes.
    private func announce(_ id: String, slots: Int, running: Int = 0, draining: Bool = false) async throws {
        var node = NodeRecord(
            id: id, role: .worker, host: "h", pid: 1, queue: JobLab.queue, slots: slots,
            running: (0..<running).map { _ in .random() }, startedAt: .now())
        node.isDraining = draining
        _ = try await lab.outside.announce(node).get()
    }

    private func run(
        _ consumer: JobConsumer, while body: @Sendable @escaping (GracefulShutdownTestTrigger) async throws -> Void
    ) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await consumer.run() }
                group.addTask { try await body(trigger) }
                try await group.waitForAll()
            }
        }
    }

    private func count(_ count: Int, every interval: Int) -> [String: JSONValue] {
        ["count": .integer(Int64(count)), "interval_ms": .integer(Int64(interval))]
    }

    @Test func jobsRunSideBySideUpToTheSlots() async throws {
        var ids: [RequestID] = []
        for _ in 0..<40 { ids.append(try await lab.submit(count(10, every: 1))) }
        let requests = ids
        try await run(consumer(CountGenerator(), slots: 3)) { trigger in
            try await eventually {
                let running = try await lab.outside.queuedJobs(queue: JobLab.queue, limit: 100).get()
                #expect(running.count { $0.record.state == .running } <= 3)
                return running.isEmpty
            }
            for id in requests { #expect(lab.endings(id).map(\.state) == [.completed]) }
            #expect(readiness.isReady)
            trigger.triggerGracefulShutdown()
        }
        #expect(!readiness.isReady)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func whatRunsMayEndWhileTheNodeDrains() async throws {
        let id = try await lab.submit(count(100, every: 2))
        try await run(consumer(CountGenerator())) { trigger in
            try await eventually { !lab.text(id).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.endings(id).map(\.state) == [.completed])
        let late = try await lab.submit(count(1, every: 0))
        #expect(try await lab.state(late) == .queued)
    }

    @Test func whatDoesNotEndGoesToAnotherWorkerAtOnce() async throws {
        let id = try await lab.submit(count(60, every: 10))
        // It would look for what others left after a third of its lease.
        let other = consumer(CountGenerator(), worker: "w2", lease: .minutes(10))
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await run(consumer(CountGenerator(), slots: 1, drain: .milliseconds(20))) { trigger in
                    try await eventually { lab.text(id).hasPrefix("0 1 2 ") }
                    trigger.triggerGracefulShutdown()
                }
            }
            try await eventually { !lab.text(id).isEmpty }
            group.addTask {
                try await run(other) { trigger in
                    try await eventually { !lab.endings(id).isEmpty }
                    trigger.triggerGracefulShutdown()
                }
            }
            try await group.waitForAll()
        }
        #expect(lab.text(id) == (0..<60).map { "\($0) " }.joined())
        #expect(lab.endings(id).map(\.state) == [.completed])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func anotherWorkerWithRoomGetsWhatRunsAtOnce() async throws {
        // It goes on until it is stopped, so that a slow machine changes nothing.
        let id = try await lab.submit(count(1_000_000, every: 10))
        let other = consumer(CountGenerator(), worker: "w2")
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await run(consumer(CountGenerator(), slots: 1)) { trigger in
                    try await eventually { lab.text(id).hasPrefix("0 1 2 ") }
                    try await announce("w2", slots: 4)
                    try await eventually { try await lab.outside.takers(of: JobLab.queue).get() == 2 }
                    let start = ContinuousClock.now
                    trigger.triggerGracefulShutdown()
                    try await eventually { try await lab.outside.request(id).get()?.attempt == 2 }
                    // Sooner than the drain's deadline; how soon depends on what else the machine does.
                    #expect(ContinuousClock.now - start < .seconds(25))
                    let said = lab.text(id)
                    try await eventually { lab.text(id).utf8.count > said.utf8.count }
                    try await lab.stop(id)
                }
            }
            try await eventually { !lab.text(id).isEmpty }
            group.addTask {
                try await run(other) { trigger in
                    try await eventually { !lab.endings(id).isEmpty }
                    trigger.triggerGracefulShutdown()
                }
            }
            try await group.waitForAll()
        }
        #expect(lab.text(id) == (0..<lab.text(id).split(separator: " ").count).map { "\($0) " }.joined())
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    /// A worker that died a moment ago, one that drains too, and one that is full.
    @Test(arguments: [(false, 4, 0, false), (true, 4, 0, true), (true, 4, 4, false)])
    func nothingIsHandedToWhoCannotTakeIt(_ listens: Bool, _ slots: Int, _ busy: Int, _ drains: Bool) async throws {
        let id = try await lab.submit(count(60, every: 10))
        let listener = listens ? lab.outside.onRelease(queue: JobLab.queue) {} : nil
        try await announce("w2", slots: slots, running: busy, draining: drains)
        try await run(consumer(CountGenerator())) { trigger in
            try await eventually { !lab.text(id).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        listener?.cancel()
        #expect(lab.endings(id).map(\.state) == [.completed])
        #expect(try await lab.outside.request(id).get()?.attempt == 1)
    }

    @Test func onlyAsMuchIsHandedOverAsThereIsRoom() async throws {
        var ids: [RequestID] = []
        for _ in 0..<3 { ids.append(try await lab.submit(count(1_000_000, every: 10))) }
        let requests = ids
        let listener = lab.outside.onRelease(queue: JobLab.queue) {}
        try await announce("w2", slots: 2, running: 1)
        try await run(consumer(CountGenerator())) { trigger in
            try await eventually { requests.allSatisfy { !lab.text($0).isEmpty } }
            trigger.triggerGracefulShutdown()
            try await eventually {
                try await lab.outside.queuedJobs(queue: JobLab.queue, limit: 5).get()
                    .contains { $0.record.state == .queued }
            }
            try await announce("w2", slots: 2, running: 2)
            // Until it has looked again, and found no room for the others.
            try await Task.sleep(for: .seconds(4))
            var outcomes: [StopOutcome] = []
            for id in requests { outcomes.append(try await lab.stop(id).outcome) }
            #expect(outcomes.count { $0 == .dequeued } == 1 && outcomes.count { $0 == .stopped } == 2)
        }
        listener.cancel()
        #expect(requests.allSatisfy { lab.endings($0).map(\.state) == [.cancelled] })
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 1)
    }

    /// What is said while Redis is away cannot be written, and nothing can be given back.
    @Test func aWorkerWhoseRedisIsGoneEnds() async throws {
        let id = try await lab.submit(count(1_000_000, every: 1))
        let start = Mutex<ContinuousClock.Instant?>(nil)
        try await run(consumer(CountGenerator(), drain: .milliseconds(100))) { trigger in
            try await eventually { !lab.text(id).isEmpty }
            lab.store.goAway()
            start.withLock { $0 = .now }
            trigger.triggerGracefulShutdown()
        }
        #expect(try ContinuousClock.now - #require(start.withLock { $0 }) < .seconds(12))
        lab.store.comeBack()
        #expect(lab.endings(id).isEmpty)
    }

    @Test func theJobsOfADeadWorkerAreTakenOver() async throws {
        let delivery = try await lab.delivery(count(6, every: 0))
        _ = try await lab.outside.claim(delivery, worker: "dead").get()
        let chunk = TokenChunk(id: EntryID(attempt: 1, index: 1), text: "0 1 ", tokens: 2)
        _ = try await lab.outside.append([chunk], to: delivery.job.requestID).get()
        lab.store.stopClock()
        lab.store.advance(by: .seconds(1))
        try await run(consumer(CountGenerator(), slots: 1, lease: .seconds(1))) { trigger in
            try await eventually { !lab.endings(delivery.job.requestID).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.text(delivery.job.requestID) == "0 1 2 3 4 5 ")
    }

    @Test func aJobThatKillsItsWorkersIsPutAway() async throws {
        let delivery = try await lab.delivery(count(6, every: 0))
        let id = delivery.job.requestID
        for _ in 0..<5 {
            _ = try await lab.outside.reclaimJobs(queue: JobLab.queue, worker: "dead", idle: .zero, limit: 1).get()
        }
        lab.store.stopClock()
        lab.store.advance(by: .seconds(1))
        try await run(consumer(CountGenerator(), lease: .seconds(1))) { trigger in
            try await eventually { !lab.endings(id).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.endings(id).map(\.state) == [.failed] && lab.text(id).isEmpty)
        #expect(
            lab.endings(id).first?.error
                == Ending.Failure(code: .internalError, message: "gave up after 6 deliveries"))
        let dead = try await lab.outside.deadJobs(queue: JobLab.queue, limit: 5).get()
        #expect(dead.map(\.requestID) == [id] && dead.map(\.deliveries) == [7])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aWorkerDoesNotTakeItsOwnRunningJobOver() async throws {
        let id = try await lab.submit(count(60, every: 5))
        try await run(consumer(CountGenerator(), lease: .milliseconds(60))) { trigger in
            try await eventually { !lab.text(id).isEmpty }
            // The lease runs out, and this worker is the first to look.
            lab.broker.blockRenewals(true)
            try await eventually { lab.text(id).hasPrefix("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ") }
            lab.broker.blockRenewals(false)
            try await eventually { !lab.endings(id).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.text(id) == (0..<60).map { "\($0) " }.joined())
        #expect(try await lab.outside.request(id).get()?.attempt == 1)
        #expect(lab.broker.count(.claim) == 1)
    }

    @Test func anOutageLongerThanTheLeaseIsAPause() async throws {
        let id = try await lab.submit(count(60, every: 5))
        try await run(consumer(CountGenerator(), lease: .milliseconds(60))) { trigger in
            try await eventually { !lab.text(id).isEmpty }
            lab.store.goAway()
            let before = ContinuousClock.now
            try await eventually { ContinuousClock.now - before > .milliseconds(200) }
            lab.store.comeBack()
            try await eventually { !lab.endings(id).isEmpty }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.text(id) == (0..<60).map { "\($0) " }.joined())
        #expect(lab.endings(id).map(\.state) == [.completed])
        #expect(try await lab.outside.request(id).get()?.attempt == 1)
    }

    /// What it took would wait until it hears, though others hear now.
    @Test func aDeafWorkerTakesNoJobs() async throws {
        readiness.obstruct(.control, because: "no beat has come back")
        let id = try await lab.submit(count(3, every: 0))
        try await run(consumer(CountGenerator(), lease: .minutes(10))) { trigger in
            try await eventually { readiness.isMet(.redis) }
            // Long enough to take it.
            try await Task.sleep(for: .milliseconds(200))
            #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
            #expect(try await lab.state(id) == .queued)
            readiness.meet(.control)
            try await eventually { lab.endings(id).map(\.state) == [.completed] }
            try await eventually { lab.store.waitingTakers(of: JobLab.queue) == 1 }
            readiness.obstruct(.control, because: "three beats did not come back")
            try await eventually { lab.store.waitingTakers(of: JobLab.queue) == 0 }
            let late = try await lab.submit(count(3, every: 0))
            #expect(try await lab.take(worker: "w2").job.requestID == late)
            trigger.triggerGracefulShutdown()
        }
    }

    @Test func aJobWhoseStopsMayNotBeHeardIsLeftToOthers() async throws {
        lab.broker.refuseStops()
        let id = try await lab.submit(count(3, every: 0))
        try await run(consumer(CountGenerator(), lease: .minutes(10))) { trigger in
            try await eventually {
                let record = try await lab.outside.request(id).get()
                return record?.attempt == 1 && record?.state == .queued
            }
            // Long enough to take it again.
            try await Task.sleep(for: .milliseconds(200))
            let taken = try await lab.outside.reclaimJobs(
                queue: JobLab.queue, worker: "w2", idle: .minutes(10), limit: 1
            ).get()
            #expect(taken.map(\.job.requestID) == [id])
            #expect(lab.broker.count(.claim) == 1)
            trigger.triggerGracefulShutdown()
        }
    }

    @Test func aJobWhoseStopsNobodyMayHearIsPutAway() async throws {
        lab.broker.refuseStops()
        // The worker's own lease, which is short only for the rest between two tries, never runs out: that would count as a delivery too.
        lab.store.stopClock()
        let id = try await lab.submit(count(3, every: 0))
        try await run(consumer(CountGenerator(), lease: .milliseconds(30))) { trigger in
            try await eventually { lab.endings(id).map(\.state) == [.failed] }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.broker.count(.claim) == 5)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func itResumesByItselfWhenRedisIsBack() async throws {
        lab.store.goAway()
        try await run(consumer(CountGenerator())) { trigger in
            try await eventually {
                readiness.report.contains { $0.condition == .redis && $0.obstacle != "not yet" && $0.obstacle != nil }
            }
            #expect(!readiness.isReady)
            lab.store.comeBack()
            let id = try await lab.submit(count(3, every: 0))
            try await eventually { lab.endings(id).map(\.state) == [.completed] }
            #expect(readiness.isReady)
            trigger.triggerGracefulShutdown()
        }
    }

    @Test func queuedAndStoppedJobsAreAcknowledged() async throws {
        let id = try await lab.submit(count(1000, every: 100))
        #expect(try await lab.stop(id).outcome == .dequeued)
        try await run(consumer(CountGenerator())) { trigger in
            let next = try await lab.submit(count(1, every: 0))
            try await eventually { lab.endings(next).map(\.state) == [.completed] }
            trigger.triggerGracefulShutdown()
        }
        #expect(lab.endings(id).count == 1)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct ForwardGeneratorTests {
    private let lab = JobLab()
    private static let backend = "backend"

    private func takeChild(of id: RequestID) async throws -> JobDelivery {
        let jobs = try await lab.outside.takeJobs(queue: Self.backend, worker: "b1", limit: 1, wait: .seconds(5))
        let job = try #require(jobs.first)
        #expect(job.job.parent == id && job.job.owner == "me" && job.job.requestID != id)
        // A child that nobody follows is not to generate for long.
        #expect(job.job.disconnectGrace == 600)
        return job
    }

    @Test func theChildAnswersForTheParent() async throws {
        let delivery = try await lab.delivery(["count": .integer(500), "interval_ms": .integer(0)])
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            let child = try await takeChild(of: id)
            try await lab.run(lab.runner(child, CountGenerator(), worker: "b1"))
            #expect(lab.text(child.job.requestID) == lab.text(child.job.requestID))
        }
        #expect(lab.text(id) == (0..<500).map { "\($0) " }.joined())
        #expect(lab.endings(id).map(\.finishReason) == ["stop"])
        #expect(try await lab.message(id)?.usage?.outputTokens == 500)
    }

    @Test(arguments: [StopIntent.Mode.stop, .kill]) func aStopOfTheParentStopsTheChild(_ mode: StopIntent.Mode)
        async throws
    {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let backend = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            let child = try await takeChild(of: id)
            try await lab.run(lab.runner(child, backend, worker: "b1")) {
                backend.say("0 ", "1 ")
                try await eventually { lab.text(id) == "0 1 " }
                try await lab.stop(id, mode)
            }
            let stop = try #require(lab.endings(child.job.requestID).first?.stop)
            #expect(stop.by == .parent && stop.mode == mode)
        }
        #expect(lab.text(id) == "0 1 ")
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.endings(id).first?.stop?.by == .user)
    }

    @Test func aStopBeforeTheChildIsClaimedDequeuesIt() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let child = ChildRequest(of: id).id
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            try await eventually { try await lab.state(child) == .queued }
            try await lab.stop(id)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        try await eventually { try await lab.state(child) == .cancelled }
    }

    @Test func aChildThatWasStoppedByAnOperatorCancelsTheParent() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            let child = try await takeChild(of: id)
            let intent = StopIntent(by: .operator, reason: "maintenance")
            _ = try await lab.outside.stop(child.job.requestID, intent: intent, owner: nil).get()
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.stop?.reason == "maintenance")
    }

    @Test func aFailedChildFailsTheParent() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let backend = ScriptedGenerator(error: GenerationError(.backendError, "no engine"))
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            try await lab.run(lab.runner(try await takeChild(of: id), backend, worker: "b1"))
        }
        #expect(lab.endings(id).first?.error == Ending.Failure(code: .backendError, message: "no engine"))
    }

    @Test func theNextAttemptJoinsTheChildAndRepeatsNothing() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let backend = ScriptedGenerator()
        let first = lab.runner(delivery, ForwardGenerator(to: Self.backend))
        let released = Gate()
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: lab.shard.executor) {
                await first.run()
                released.open()
            }
            let child = try await takeChild(of: id)
            group.addTask(executorPreference: lab.shard.executor) {
                await lab.runner(child, backend, worker: "b1").run()
            }
            backend.say("eins ", "zwei ")
            try await eventually { lab.text(id) == "eins zwei " }
            first.askToGiveBack()
            await released.wait()
            #expect(try await lab.state(child.job.requestID) == .running)
            backend.say("drei ", "vier")
            backend.end()
            let again = try await lab.outside.reclaimJobs(
                queue: JobLab.queue, worker: "w2", idle: .seconds(15), limit: 1
            ).get()
            let second = lab.runner(try #require(again.first), ForwardGenerator(to: Self.backend), worker: "w2")
            group.addTask(executorPreference: lab.shard.executor) { await second.run() }
            try await group.waitForAll()
        }
        #expect(lab.text(id) == "eins zwei drei vier")
        #expect(lab.endings(id).map(\.state) == [.completed])
    }

    /// A forwarder claimed the parent and submitted the child, which runs; then it died. Where the child is not attached, it is as if
    /// whoever stops the parent died before it could stop the child.
    private func orphan(attached: Bool = false) async throws -> (parent: JobDelivery, child: JobDelivery) {
        let delivery = try await lab.delivery()
        _ = try await lab.outside.claim(delivery, worker: "dead").get()
        let names = ChildRequest(of: delivery.job.requestID)
        if attached {
            _ = try await lab.outside.attach(child: names.id, to: delivery.job.requestID, attempt: 1).get()
        }
        let job = GenerationJob(
            requestID: names.id, sessionID: names.session, owner: "me", content: "hello",
            parent: delivery.job.requestID, disconnectGrace: 600)
        _ = try await lab.outside.submit(Submission(job: job, queue: Self.backend, isNewSession: true)).get()
        return (delivery, try await takeChild(of: delivery.job.requestID))
    }

    private func expectStopped(_ child: JobDelivery, parentIsDone: Bool = true) async throws {
        let id = child.job.requestID
        try await eventually { !lab.endings(id).isEmpty }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.endings(id).first?.stop?.by == .parent)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == (parentIsDone ? 0 : 1))
    }

    @Test(arguments: [StopIntent.Mode.stop, .kill])
    func aStopOfAParentReachesTheChildThoughNoForwarderLives(_ mode: StopIntent.Mode) async throws {
        let (parent, child) = try await orphan(attached: true)
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            let receipt = try await lab.stop(parent.job.requestID, mode)
            #expect(receipt.outcome == .stopped)
        }
        try await expectStopped(child, parentIsDone: false)
        #expect(lab.endings(child.job.requestID).first?.stop?.mode == mode)
    }

    @Test func aParentThatWasGivenBackAndIsStoppedTakesTheChildWithIt() async throws {
        let (parent, child) = try await orphan(attached: true)
        _ = try await lab.outside.release(parent, attempt: 1, worker: "dead").get()
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            let receipt = try await lab.stop(parent.job.requestID)
            #expect(receipt.outcome == .dequeued)
        }
        try await expectStopped(child, parentIsDone: false)
    }

    /// It was suspended between its claim and the submission, and the parent is stopped meanwhile.
    @Test func aForwarderThatWakesSubmitsNothingForAStoppedParent() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let names = ChildRequest(of: id)
        lab.broker.hold(.attach)
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            try await eventually { lab.broker.count(.attach) == 1 }
            try await lab.stop(id)
            lab.broker.answer(.attach)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.broker.count(.submit) == 0)
        // Also where the submission had left already.
        let job = GenerationJob(
            requestID: names.id, sessionID: names.session, owner: "me", content: "hello", parent: id)
        let late = Submission(job: job, queue: Self.backend, isNewSession: true)
        #expect(try await lab.outside.submit(late).get() == .conflict)
        #expect(lab.store.jobs(of: Self.backend).isEmpty)
    }

    /// The same, and others have taken the parent.
    @Test func aForwarderThatLostItsParentSubmitsNothing() async throws {
        let delivery = try await lab.delivery()
        lab.broker.hold(.claim)
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            try await eventually { lab.broker.count(.claim) == 1 }
            _ = try await lab.outside.claim(delivery, worker: "w2").get()
            lab.broker.answer(.claim)
        }
        #expect(lab.broker.count(.attach) == 1 && lab.broker.count(.submit) == 0)
        #expect(lab.endings(delivery.job.requestID).isEmpty)
    }

    @Test func aParentThatIsGivenUpTakesItsChildWithIt() async throws {
        var (parent, child) = try await orphan()
        parent.deliveries = 100
        let dead = parent
        lab.broker.loseAnswers(.giveUp, 1)
        lab.broker.loseAnswers(.forbid, 1)
        lab.broker.loseAnswers(.bury, 1)
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            try await lab.run(lab.runner(dead, ForwardGenerator(to: Self.backend), worker: "w2"))
        }
        try await expectStopped(child)
        #expect(lab.endings(parent.job.requestID).map(\.state) == [.failed])
        #expect(try await lab.outside.deadJobs(queue: JobLab.queue, limit: 9).get().map(\.job) == [parent.job])
    }

    @Test func aChildThatNobodyFollowedFailsTheParent() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            let child = try await takeChild(of: id)
            _ = try await lab.outside.stop(child.job.requestID, intent: StopIntent(by: .disconnect), owner: nil).get()
        }
        #expect(lab.endings(id).map(\.state) == [.failed])
        #expect(lab.endings(id).first?.error?.code == .backendError)
    }

    @Test func aStopOfAParentWhoseForwarderDiedReachesTheChild() async throws {
        let (parent, child) = try await orphan()
        // The answers are lost, so the stop of the child is repeated before the job is acknowledged.
        lab.broker.loseAnswers(.forbid, 2)
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            try await lab.stop(parent.job.requestID)
            try await lab.run(lab.runner(parent, ForwardGenerator(to: Self.backend), worker: "w2"))
        }
        try await expectStopped(child)
        #expect(lab.broker.count(.forbid) == 3)
    }

    @Test func aStopOfAParentThatItsForwarderGaveBackReachesTheChild() async throws {
        let (parent, child) = try await orphan()
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            _ = try await lab.outside.release(parent, attempt: 1, worker: "dead").get()
            #expect(try await lab.stop(parent.job.requestID).outcome == .dequeued)
            try await lab.run(lab.runner(parent, ForwardGenerator(to: Self.backend), worker: "w2"))
        }
        try await expectStopped(child)
    }

    @Test func aStopThatIsHeardDuringATakeOverReachesTheChild() async throws {
        let (parent, child) = try await orphan()
        let id = parent.job.requestID
        lab.broker.hold(.claim)
        try await lab.run(lab.runner(parent, ForwardGenerator(to: Self.backend), worker: "w2")) {
            try await eventually { lab.broker.count(.claim) == 1 }
            try await lab.stop(id)
            lab.broker.answer(.claim)
            try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1"))
        }
        try await expectStopped(child)
    }

    @Test func aParentThatEndedWithoutAChildIsAcknowledged() async throws {
        let delivery = try await lab.delivery()
        try await lab.stop(delivery.job.requestID)
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend)))
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
        #expect(try await lab.state(ChildRequest(of: delivery.job.requestID).id) == nil)
    }

    @Test func aCallIsFreedWhenItsParentIsRetired() async throws {
        let call = Weak<ForwardCall>()
        let delivery = try await lab.delivery()
        _ = try await lab.outside.claim(delivery, worker: "w1").get()
        let parent = RequestContext(id: delivery.job.requestID)
        let names = ChildRequest(of: parent.id)
        let job = GenerationJob(requestID: names.id, sessionID: names.session, owner: "me", content: "hello")
        do {
            let forwarded = ForwardCall(
                submission: Submission(job: job, queue: Self.backend, isNewSession: true), attempt: 1, textSoFar: "",
                parent: parent, broker: lab.shard.broker)
            call.set(forwarded)
            try await lab.shard.eventLoop.submit { forwarded.submit() }.get()
            try await eventually { try await lab.state(names.id) == .queued }
            forwarded.pipe.abandon()
        }
        parent.retire()
        try await eventually { call.object == nil }
        #expect(!parent.isStopped)
    }

    @Test func redisMayBeAwayWhenTheRequestIsForwarded() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, ForwardGenerator(to: Self.backend))) {
            let child = try await takeChild(of: id)
            lab.store.goAway()
            try await Task.sleep(for: .milliseconds(30))
            lab.store.comeBack()
            try await lab.stop(child.job.requestID)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test func namesAreDerived() {
        let parent = RequestID.random()
        #expect(ChildRequest(of: parent) == ChildRequest(of: parent))
        #expect(ChildRequest(of: parent) != ChildRequest(of: .random()))
        #expect(ChildRequest(of: parent).id != parent)
    }
}

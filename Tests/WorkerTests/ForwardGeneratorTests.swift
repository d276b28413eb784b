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

    /// A forwarder claimed the parent and submitted the child, which runs; then it died.
    private func orphan() async throws -> (parent: JobDelivery, child: JobDelivery) {
        let delivery = try await lab.delivery()
        _ = try await lab.outside.claim(delivery, worker: "dead").get()
        let names = ChildRequest(of: delivery.job.requestID)
        let job = GenerationJob(
            requestID: names.id, sessionID: names.session, owner: "me", content: "hello",
            parent: delivery.job.requestID)
        _ = try await lab.outside.submit(Submission(job: job, queue: Self.backend, isNewSession: true)).get()
        return (delivery, try await takeChild(of: delivery.job.requestID))
    }

    private func expectStopped(_ child: JobDelivery) async throws {
        let id = child.job.requestID
        try await eventually { !lab.endings(id).isEmpty }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.endings(id).first?.stop?.by == .parent)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aStopOfAParentWhoseForwarderDiedReachesTheChild() async throws {
        let (parent, child) = try await orphan()
        // The answers are lost, so the stop of the child is repeated before the job is acknowledged.
        lab.broker.loseAnswers(.stop, 2)
        try await lab.run(lab.runner(child, ScriptedGenerator(), worker: "b1")) {
            try await lab.stop(parent.job.requestID)
            try await lab.run(lab.runner(parent, ForwardGenerator(to: Self.backend), worker: "w2"))
        }
        try await expectStopped(child)
        #expect(lab.broker.count(.stop) == 3)
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
        let parent = RequestContext(id: .random())
        let names = ChildRequest(of: parent.id)
        let job = GenerationJob(requestID: names.id, sessionID: names.session, owner: "me", content: "hello")
        do {
            let forwarded = ForwardCall(
                submission: Submission(job: job, queue: Self.backend, isNewSession: true), textSoFar: "",
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

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

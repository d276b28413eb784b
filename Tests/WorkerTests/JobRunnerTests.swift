import NIOCore
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct JobRunnerTests {
    private let lab = JobLab()

    @Test func aJobRunsToItsEnd() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("a ", "b ", "c")
        generator.end("length", usage: Usage(inputTokens: 7, outputTokens: 3))
        try await lab.run(lab.runner(delivery, generator))
        #expect(lab.text(id) == "a b c")
        #expect(lab.endings(id).map(\.state) == [.completed])
        let message = try #require(try await lab.message(id))
        #expect(message.content == "a b c" && message.isComplete && message.finishReason == "length")
        #expect(message.usage == Usage(inputTokens: 7, outputTokens: 3))
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
        #expect(lab.store.stopListeners(of: id) == 0)
    }

    @Test func theStopChannelIsHeardWhileTheClaimIsOnItsWay() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.broker.hold(.claim)
        try await lab.run(lab.runner(delivery, generator)) {
            try await eventually { lab.broker.count(.claim) == 1 }
            // The claim is carried out, its answer is on the way.
            #expect(lab.store.publishStop(id, "too slow") == 1)
            try await eventually { try await lab.outside.request(id).get()?.stop != nil }
            lab.broker.answer(.claim)
        }
        #expect(!generator.isStarted.isOpen)
        let message = try #require(try await lab.message(id))
        #expect(message.finishReason == "cancelled" && message.content.isEmpty)
        #expect(message.stop?.by == .operator && message.stop?.reason == "too slow")
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    /// Nobody tells the worker: it subscribes too late. And the generator says nothing that the log could refuse.
    @Test(arguments: [0, 3]) func aStopBetweenTheClaimAndTheSubscriptionIsRead(lostAnswers: Int) async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.holdSubscriptions()
        lab.broker.loseAnswers(.request, lostAnswers)
        // No renewal brings it.
        let runner = lab.runner(delivery, generator) { $0.lease = .hours(1) }
        try await lab.run(runner) {
            try await eventually { try await lab.state(id) == .running }
            #expect(lab.store.stopListeners(of: id) == 0)
            #expect(try await lab.stop(id).outcome == .stopped)
            #expect(!generator.isStarted.isOpen)
            lab.store.letSubscriptionsThrough()
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled] && lab.text(id).isEmpty)
        #expect(try await lab.message(id)?.stop?.by == .user)
    }

    @Test func noGeneratorBeginsBeforeItsStopsAreHeard() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("a ")
        generator.end()
        lab.store.holdSubscriptions()
        let runner = lab.runner(delivery, generator) { $0.lease = .milliseconds(30) }
        try await lab.run(runner) {
            try await eventually { try await lab.state(id) == .running }
            // Long enough to begin, and to renew the lease.
            try await Task.sleep(for: .milliseconds(100))
            #expect(!generator.isStarted.isOpen && lab.broker.count(.renew) == 0)
            lab.store.letSubscriptionsThrough()
        }
        #expect(lab.endings(id).map(\.state) == [.completed] && lab.text(id) == "a ")
    }

    /// A node that drains waits for nobody.
    @Test func aJobWhoseSubscriptionIsNotConfirmedIsGivenBack() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.holdSubscriptions()
        let runner = lab.runner(delivery, generator)
        let task = Task(executorPreference: lab.shard.executor) { await runner.run() }
        try await eventually { try await lab.state(id) == .running }
        task.cancel()
        await task.value
        #expect(!generator.isStarted.isOpen)
        #expect(try await lab.state(id) == .queued)
        lab.store.letSubscriptionsThrough()
        #expect(lab.store.stopListeners(of: id) == 0)
    }

    /// Redis answers, but its subscriptions do not come through.
    @Test func aStopIsObeyedWhileTheStopChannelIsNotHeard() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.holdSubscriptions()
        try await lab.run(lab.runner(delivery, generator)) {
            try await eventually { try await lab.state(id) == .running }
            #expect(try await lab.stop(id).outcome == .stopped)
            try await eventually { lab.endings(id).map(\.state) == [.cancelled] }
        }
        #expect(!generator.isStarted.isOpen)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
        lab.store.letSubscriptionsThrough()
    }

    @Test func aJobThatIsTakenOverBeforeItsStopsAreHeardIsLeft() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.holdSubscriptions()
        let runner = lab.runner(delivery, generator)
        try await lab.run(runner) {
            try await eventually { try await lab.state(id) == .running }
            guard case .claimed(2, _, _, _) = try await lab.outside.claim(delivery, worker: "w2").get() else {
                Issue.record("not taken over")
                return
            }
            try await eventually { !runner.holds(delivery) }
        }
        #expect(!generator.isStarted.isOpen)
        #expect(try await lab.state(id) == .running)
        lab.store.letSubscriptionsThrough()
    }

    @Test func aJobIsGivenBackBeforeItsStopsAreHeard() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.holdSubscriptions()
        let runner = lab.runner(delivery, generator)
        try await lab.run(runner) {
            try await eventually { try await lab.state(id) == .running }
            runner.askToGiveBack()
            try await eventually { try await lab.state(id) == .queued }
        }
        #expect(!generator.isStarted.isOpen)
        lab.store.letSubscriptionsThrough()
    }

    /// Another worker may be let hear.
    @Test func aJobWhoseStopsMayNotBeHeardIsGivenBackAtOnce() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.broker.refuseStops()
        try await lab.run(lab.runner(delivery, generator))
        #expect(!generator.isStarted.isOpen)
        #expect(try await lab.state(id) == .queued)
        let again = try await lab.outside.reclaimJobs(
            queue: JobLab.queue, worker: "w2", idle: .seconds(15), limit: 1
        ).get()
        #expect(again.map(\.deliveries) == [2])
        #expect(try await lab.stop(id).outcome == .dequeued)
    }

    @Test func theTimeOfARequestEndsBeforeItsStopsAreHeard() async throws {
        lab.store.stopClock()
        let delivery = try await lab.delivery(limits: TimeLimits(total: 60_000))
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.store.advance(by: .milliseconds(59_900))
        lab.store.holdSubscriptions()
        try await lab.run(lab.runner(delivery, generator)) {
            try await eventually { lab.endings(id).map(\.state) == [.expired] }
        }
        #expect(!generator.isStarted.isOpen)
        lab.store.letSubscriptionsThrough()
    }

    @Test func aStopThatWasRecordedBeforeTheClaimEndsTheJobThere() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        try await lab.stop(delivery.job.requestID)
        try await lab.run(lab.runner(delivery, generator))
        #expect(!generator.isStarted.isOpen)
        #expect(lab.endings(delivery.job.requestID).map(\.state) == [.cancelled])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test(arguments: [StopIntent.Mode.stop, .kill]) func aStopBeforeTheFirstTokenNeedsNone(_ mode: StopIntent.Mode)
        async throws
    {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            await generator.isStarted.wait()
            try await lab.stop(id, mode)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.stop?.mode == mode)
        #expect(try await lab.message(id)?.stop?.observedAt != nil)
    }

    @Test func aStopBetweenTokensKeepsWhatWasSaid() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            generator.say("0 ", "1 ")
            try await eventually { lab.text(id) == "0 1 " }
            let receipt = try await lab.stop(id, reason: "enough")
            #expect(receipt.outcome == .stopped)
            generator.say("2 ")
        }
        let message = try #require(try await lab.message(id))
        #expect(message.content == "0 1 " && !message.isComplete && message.finishReason == "cancelled")
        #expect(message.stop?.reason == "enough" && message.usage?.outputTokens == 2)
        #expect(lab.endings(id).count == 1)
    }

    @Test func aStopEndsTheWaitForRoom() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.broker.hold(.append)
        let runner = lab.runner(delivery, generator) { $0.gatheredBytes = 4 }
        try await lab.run(runner) {
            generator.say("first", "fills up", "never said")
            try await eventually { lab.broker.count(.append) == 1 }
            try await lab.stop(id)
        }
        #expect(lab.text(id) == "first")
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        lab.broker.answer(.append)
    }

    /// Redis has no memory: the log takes nothing, and does not even tell that it is sealed.
    @Test(arguments: [false, true]) func aStopEndsTheWaitForWhatCannotBeWritten(isGivenBack: Bool) async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("never written ")
        if !isGivenBack { generator.end() }
        lab.broker.blockAppends(true)
        let runner = lab.runner(delivery, generator)
        try await lab.run(runner) {
            try await eventually { lab.broker.count(.append) > 1 }
            if isGivenBack { runner.askToGiveBack() }
            #expect(try await lab.stop(id).outcome == .stopped)
            try await eventually { lab.endings(id).map(\.state) == [.cancelled] }
        }
        #expect(lab.text(id).isEmpty)
        #expect(try await lab.message(id)?.content == "")
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aSealedLogStopsAWorkerThatIsDeaf() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            lab.broker.deafen()
            try await lab.stop(id)
            generator.say("1 ")
        }
        #expect(lab.text(id) == "0 ")
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.stop?.by == .user)
    }

    @Test func theRenewalOfTheLeaseBringsAStop() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator) { $0.lease = .milliseconds(60) }) {
            await generator.isStarted.wait()
            lab.broker.deafen()
            try await lab.stop(id, .kill)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.stop?.mode == .kill)
    }

    @Test func aWorkerThatLostItsClaimWritesNothingMore() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        let log = RecordingLog()
        try await lab.run(lab.runner(delivery, generator, logger: log.logger)) {
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            guard case .claimed(2, "0 ", 1, nil) = try await lab.outside.claim(delivery, worker: "w2").get() else {
                Issue.record("not taken over")
                return
            }
            generator.say("1 ")
        }
        #expect(log.lines.contains { $0.contains("the claim is lost") })
        #expect(lab.text(id) == "0 ")
        #expect(try await lab.state(id) == .running)
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 1)
    }

    @Test func theNextWorkerGoesOnBehindWhatWasSaid() async throws {
        let delivery = try await lab.delivery(["count": .integer(8), "interval_ms": .integer(0)])
        let id = delivery.job.requestID
        _ = try await lab.outside.claim(delivery, worker: "dead").get()
        let chunk = TokenChunk(id: EntryID(attempt: 1, index: 1), text: "0 1 2 ", tokens: 3)
        _ = try await lab.outside.append([chunk], to: id).get()
        try await lab.run(lab.runner(delivery, CountGenerator(), worker: "w2"))
        #expect(lab.text(id) == "0 1 2 3 4 5 6 7 ")
        #expect(try await lab.message(id)?.usage?.outputTokens == 8)
    }

    @Test(arguments: [(0 as Int?, TimeAmount.hours(1)), (nil, .milliseconds(50))])
    func aRequestThatNobodyWatchesIsStopped(_ grace: Int?, _ maximum: TimeAmount) async throws {
        let delivery = try await lab.delivery(grace: grace)
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        let viewer = lab.outside.followTokens(of: id) { _ in }
        let runner = lab.runner(delivery, generator) {
            $0.lease = .milliseconds(60)
            $0.maximumUnattended = maximum
        }
        try await lab.run(runner) {
            generator.say("0 ")
            let start = ContinuousClock.now
            try await eventually { ContinuousClock.now - start > .milliseconds(200) }
            #expect(lab.endings(id).isEmpty, "stopped though somebody watches")
            try await eventually { try await lab.state(id) == .running }
            viewer.cancel()
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.stop?.by == .disconnect)
        #expect(try await lab.message(id)?.content == "0 ")
    }

    @Test func aRequestThatGoesOnUnwatchedDoes() async throws {
        let delivery = try await lab.delivery(["count": .integer(100), "interval_ms": .integer(3)])
        try await lab.run(lab.runner(delivery, CountGenerator()) { $0.lease = .milliseconds(30) })
        #expect(lab.endings(delivery.job.requestID).map(\.state) == [.completed])
    }

    @Test func aRestartMakesWhatWasSaidVoid() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        _ = try await lab.outside.claim(delivery, worker: "dead").get()
        let chunk = TokenChunk(id: EntryID(attempt: 1, index: 1), text: "half an answ", tokens: 3)
        _ = try await lab.outside.append([chunk], to: id).get()
        let generator = ScriptedGenerator()
        _ = generator.pipe.push(.restart)
        generator.say("all ", "of it")
        generator.end()
        try await lab.run(lab.runner(delivery, generator, worker: "w2"))
        #expect(try await lab.message(id)?.content == "all of it")
        #expect(try await lab.message(id)?.usage?.outputTokens == 2)
        #expect(lab.store.log(of: id).count { $0.body == .restarted } == 1)
    }

    @Test func aRestartWhereNothingWasSaidIsNotTold() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        _ = generator.pipe.push(.restart)
        generator.say("a")
        generator.end()
        try await lab.run(lab.runner(delivery, generator))
        #expect(!lab.store.log(of: delivery.job.requestID).contains { $0.body == .restarted })
    }

    @Test func aReleasedJobKeepsWhatWasSaid() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.broker.hold(.append)
        let runner = lab.runner(delivery, generator)
        try await lab.run(runner) {
            generator.say("0 ", "1 ", "2 ")
            try await eventually { lab.broker.count(.append) == 1 }
            runner.askToGiveBack()
            lab.broker.answer(.append)
        }
        #expect(lab.text(id) == "0 1 2 ")
        #expect(try await lab.state(id) == .queued)
        #expect(lab.endings(id).isEmpty)
        let again = try await lab.outside.reclaimJobs(queue: JobLab.queue, worker: "w2", idle: .seconds(15), limit: 5)
            .get()
        #expect(again.map(\.job.requestID) == [id])
    }

    @Test func aJobThatWasAskedBackBeforeItsClaimIsReleased() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        let runner = lab.runner(delivery, generator)
        runner.askToGiveBack()
        try await lab.run(runner)
        #expect(!generator.isStarted.isOpen)
        #expect(try await lab.state(delivery.job.requestID) == .queued)
    }

    @Test func aStopWinsOverARelease() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        let runner = lab.runner(delivery, generator)
        try await lab.run(runner) {
            await generator.isStarted.wait()
            lab.broker.deafen()
            try await lab.stop(id)
            runner.askToGiveBack()
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aFailingGeneratorFailsTheRequestAndKeepsThePartialAnswer() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("half an ")
        generator.pipe.finish(throwing: GenerationError(.backendTimeout, "the engine fell silent"))
        try await lab.run(lab.runner(delivery, generator))
        #expect(lab.endings(id).map(\.state) == [.failed])
        #expect(
            lab.endings(id).first?.error == Ending.Failure(code: .backendTimeout, message: "the engine fell silent"))
        let message = try #require(try await lab.message(id))
        #expect(message.content == "half an " && !message.isComplete)
    }

    @Test func aGeneratorThatRefusesTheRequestFailsIt() async throws {
        let delivery = try await lab.delivery(["count": .integer(-1)])
        try await lab.run(lab.runner(delivery, CountGenerator()))
        let error = try #require(lab.endings(delivery.job.requestID).first?.error)
        #expect(error.code == .invalidRequest && error.message.contains("parameters.count"))
    }

    @Test func theFinishIsRepeatedUntilItIsKnown() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        generator.say("a")
        generator.end()
        lab.broker.loseAnswers(.finish, 3)
        try await lab.run(lab.runner(delivery, generator))
        #expect(lab.broker.count(.finish) == 4)
        #expect(lab.endings(delivery.job.requestID).map(\.state) == [.completed])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func lostAnswersToAppendsDoubleNothing() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        for number in 0..<50 { generator.say("\(number) ") }
        generator.end()
        lab.broker.loseAnswers(.append, 2)
        try await lab.run(lab.runner(delivery, generator) { $0.batching = .off })
        #expect(lab.text(delivery.job.requestID) == (0..<50).map { "\($0) " }.joined())
        #expect(lab.chunkIDs(delivery.job.requestID) == (1...50).map { "1-\($0)" })
    }

    @Test func aRestartOfRedisIsAPause() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            lab.store.goAway()
            generator.say("1 ", "2 ")
            generator.end()
            try await eventually { lab.broker.count(.append) > 3 }
            lab.store.comeBack()
        }
        #expect(lab.text(id) == "0 1 2 ")
        #expect(lab.endings(id).map(\.state) == [.completed])
    }

    // Whose time is nearly over has six seconds, and all it is to say, when its worker begins.

    @Test(arguments: [ScriptedGenerator.Manners.good, .deafToStops])
    func aRequestWhoseTimeIsOverEndsWithWhatWasSaid(_ manners: ScriptedGenerator.Manners) async throws {
        lab.store.stopClock()
        let delivery = try await lab.delivery(limits: TimeLimits(queue: 60_000, total: 60_000))
        let id = delivery.job.requestID
        let generator = ScriptedGenerator(manners: manners)
        generator.say("0 ", "1 ")
        lab.store.advance(by: .seconds(54))
        try await lab.run(lab.runner(delivery, generator))
        let message = try #require(try await lab.message(id))
        #expect(message.content == "0 1 " && !message.isComplete && message.finishReason == "expired")
        #expect(message.error?.message == "the request took longer than 60 s" && message.usage?.outputTokens == 2)
        #expect(lab.endings(id).map(\.state) == [.expired])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aRequestThatWaitedTooLongIsNotGenerated() async throws {
        let delivery = try await lab.delivery(limits: TimeLimits(queue: 1000))
        let generator = ScriptedGenerator()
        lab.store.advance(by: .seconds(2))
        try await lab.run(lab.runner(delivery, generator))
        #expect(!generator.isStarted.isOpen)
        #expect(lab.endings(delivery.job.requestID).map(\.state) == [.expired])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aStopThatIsRecordedWhileTheTimeEndsWins() async throws {
        lab.store.stopClock()
        let delivery = try await lab.delivery(limits: TimeLimits(total: 60_000))
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("0 ")
        lab.store.advance(by: .seconds(54))
        let isStopped = Gate()
        generator.pipe.whenAbandoned { isStopped.open() }
        lab.broker.hold(.append)
        try await lab.run(lab.runner(delivery, generator)) {
            // The worker has noticed, and waits until what was said is written.
            await isStopped.wait()
            #expect(lab.broker.count(.append) == 1)
            let receipt = try await lab.stop(id)
            #expect(receipt.outcome == .stopped)
            lab.broker.answer(.append)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(try await lab.message(id)?.content == "0 ")
    }

    @Test func theTimeOfARequestEndsTheWaitForRoom() async throws {
        lab.store.stopClock()
        let delivery = try await lab.delivery(limits: TimeLimits(total: 60_000))
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        generator.say("first", "fills up", "never said")
        lab.store.advance(by: .seconds(54))
        let isStopped = Gate()
        generator.pipe.whenAbandoned { isStopped.open() }
        lab.broker.hold(.append)
        try await lab.run(lab.runner(delivery, generator) { $0.gatheredBytes = 4 }) {
            await isStopped.wait()
            lab.broker.answer(.append)
        }
        #expect(lab.text(id) == "firstfills up")
        #expect(lab.endings(id).map(\.state) == [.expired])
    }

    @Test func anAnswerIsBounded() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        generator.say("12345", "6789😀", "x")
        try await lab.run(lab.runner(delivery, generator) { $0.answer.bytes = 10 })
        let id = delivery.job.requestID
        #expect(lab.text(id) == "123456789")
        #expect(lab.endings(id).first?.finishReason == "length")
        let message = try #require(try await lab.message(id))
        #expect(message.content == "123456789" && message.isComplete && message.usage?.outputTokens == 2)
    }

    @Test func theTokensOfAnAnswerAreBounded() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        generator.say("a ", "b ", "c ", "d ")
        try await lab.run(lab.runner(delivery, generator) { $0.answer.tokens = 3 })
        #expect(lab.text(delivery.job.requestID) == "a b c ")
        #expect(lab.endings(delivery.job.requestID).first?.finishReason == "length")
    }

    @Test func aGeneratorThatIsDeafToStopsIsCancelled() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator(manners: .deafToStops)
        try await lab.run(lab.runner(delivery, generator)) {
            await generator.isStarted.wait()
            try await lab.stop(id)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    /// Nobody else knows of it: should the worker die behind the release, it would be forgotten.
    @Test func aBarePublishIsRecordedBeforeTheRequestIsGivenBack() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        let runner = lab.runner(delivery, generator)
        lab.broker.hold(.append)
        lab.broker.blockStops(true)
        try await lab.run(runner) {
            generator.say("0 ")
            try await eventually { lab.broker.count(.append) == 1 }
            runner.askToGiveBack()
            // What was said is being written; then the request would be released.
            #expect(lab.store.publishStop(id, "enough") == 1)
            try await eventually { lab.broker.count(.stop) > 0 }
            lab.broker.answer(.append)
            // It is not recorded yet.
            try await eventually { lab.broker.count(.stop) > 2 }
            #expect(lab.broker.count(.release) == 0)
            lab.broker.blockStops(false)
        }
        #expect(lab.broker.count(.release) == 1 && lab.broker.count(.finish) == 1)
        #expect(lab.endings(id).map(\.state) == [.cancelled])
        #expect(lab.endings(id).first?.stop?.reason == "enough")
        #expect(lab.text(id) == "0 ")
    }

    @Test func aForgedEndingIsNotBelieved() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            await generator.isStarted.wait()
            #expect(lab.store.publishStop(id, "penstock:ended") == 1)
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            generator.end()
        }
        #expect(lab.endings(id).map(\.state) == [.completed])
        #expect(lab.store.pendingJobs(of: JobLab.queue) == 0)
    }

    @Test func aGeneratorThatIsDeafToAllDoesNotHoldUpTheEnding() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let gate = Gate()
        let generator = ScriptedGenerator(manners: .deaf(until: gate))
        try await lab.run(lab.runner(delivery, generator)) {
            await generator.isStarted.wait()
            try await lab.stop(id)
            try await eventually { lab.endings(id).map(\.state) == [.cancelled] }
            gate.open()
        }
    }

    /// Redis never answers a call of this kind: cancelling the task ends the job all the same, and soon.
    @Test(arguments: [GatedBroker.Call.listen, .claim, .append, .finish, .release])
    func aCancelledJobWaitsForNothingThatRedisDoesNotAnswer(_ call: GatedBroker.Call) async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        lab.broker.hold(call)
        generator.say("0 ", "1 ")
        if call != .release { generator.end() }
        let runner = lab.runner(delivery, generator)
        let task = Task(executorPreference: lab.shard.executor) { await runner.run() }
        if call == .release {
            try await eventually { lab.text(id) == "0 1 " }
            runner.askToGiveBack()
        }
        try await eventually { lab.broker.count(call) == 1 }
        let start = ContinuousClock.now
        task.cancel()
        await task.value
        #expect(ContinuousClock.now - start < .seconds(20))
        // A finish that was not answered was carried out here; what is cut short never is.
        #expect(lab.endings(id).map(\.state) == (call == .finish ? [.completed] : []))
    }

    @Test func aCutAnswerIsNotFinishedWhenRedisComesBackTooLate() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        let runner = lab.runner(delivery, generator)
        let task = Task(executorPreference: lab.shard.executor) { await runner.run() }
        generator.say("0 ")
        try await eventually { lab.text(id) == "0 " }
        lab.store.goAway()
        generator.say("1 ", "2 ")
        generator.end()
        try await eventually { lab.broker.count(.append) > 3 }
        task.cancel()
        lab.store.comeBack()
        await task.value
        let chunks = lab.text(id)
        #expect(lab.endings(id).isEmpty || chunks == "0 1 2 ")
        #expect(lab.store.pendingJobs(of: JobLab.queue) == (lab.endings(id).isEmpty ? 1 : 0))
    }

    /// What watches the context holds it and is held by it.
    @Test func theContextIsRetiredWhenTheJobHasLeft() async throws {
        let watcher = WatchingGenerator()
        try await lab.run(lab.runner(try await lab.delivery(), watcher))
        #expect(watcher.context.object == nil && watcher.wasAsked.isOpen)
    }

    @Test func cancellingTheTaskGivesTheJobBack() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        let runner = lab.runner(delivery, generator)
        let task = Task(executorPreference: lab.shard.executor) { await runner.run() }
        await generator.isStarted.wait()
        task.cancel()
        await task.value
        #expect(try await lab.state(delivery.job.requestID) == .queued)
    }
}

import NIOCore
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct WorkerMetricsTests {
    private let lab = JobLab()

    @Test func aCompletedJobIsCountedOnce() async throws {
        let generator = ScriptedGenerator()
        generator.say("a ", "b ", "c")
        generator.end(usage: Usage(inputTokens: 7, outputTokens: 3))
        try await lab.run(lab.runner(try await lab.delivery(), generator))
        let page = try lab.page()
        #expect(page.value("penstock_worker_jobs_ended_total", ["state": "completed"]) == 1)
        #expect(page.sum("penstock_worker_jobs_ended_total") == 1)
        #expect(page.value("penstock_worker_tokens_total") == 3)
        #expect(page.value("penstock_worker_vain_tokens_total") == 0)
        #expect(page.value("penstock_worker_first_token_seconds_count") == 1)
        #expect(page.value("penstock_worker_takeovers_total") == 0)
        #expect(page.sum("penstock_worker_saved_tokens_total") == 0)
        #expect(page.sum("penstock_worker_stop_seconds_count") == 0)
    }

    @Test func aStopIsCountedByWhoAskedAndWhatItMet() async throws {
        let delivery = try await lab.delivery()
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            generator.say("0 ", "1 ")
            try await eventually { lab.text(delivery.job.requestID) == "0 1 " }
            try await lab.stop(delivery.job.requestID, .kill)
        }
        let page = try lab.page()
        let who = ["by": "user", "mode": "kill"]
        #expect(page.value("penstock_worker_jobs_ended_total", who.merging(["state": "cancelled"]) { $1 }) == 1)
        #expect(page.value("penstock_worker_stop_seconds_count", ["mode": "kill", "met": "running"]) == 1)
        #expect(page.value("penstock_worker_stop_observed_seconds_count", who) == 1)
        #expect(page.value("penstock_worker_tokens_total") == 2)
        #expect(page.value("penstock_worker_vain_tokens_total") == 0)
    }

    @Test func aStopWhileItIsClaimedMeetsThat() async throws {
        let delivery = try await lab.delivery()
        lab.broker.hold(.claim)
        try await lab.run(lab.runner(delivery, ScriptedGenerator())) {
            try await eventually { lab.broker.count(.claim) == 1 }
            try await lab.stop(delivery.job.requestID)
            lab.broker.answer(.claim)
        }
        let page = try lab.page()
        #expect(page.value("penstock_worker_stop_seconds_count", ["mode": "stop", "met": "claiming"]) == 1)
        #expect(page.value("penstock_worker_tokens_total") == 0)
        #expect(page.sum("gen_ai_server_request_duration_seconds_count") == 0)
    }

    @Test func whatTheSealedLogRefusesIsInVain() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(delivery, generator)) {
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            // Deaf to the stop, it goes on speaking until the log refuses.
            lab.broker.deafen()
            try await lab.stop(id)
            generator.say("1 ")
        }
        let page = try lab.page()
        #expect(lab.text(id) == "0 ")
        #expect(page.value("penstock_worker_tokens_total") == 2)
        #expect(page.value("penstock_worker_vain_tokens_total") == 1)
        #expect(
            page.value("penstock_worker_jobs_ended_total", ["state": "cancelled", "by": "user", "mode": "stop"]) == 1)
    }

    @Test func whatIsSaidBehindAStopIsInVain() async throws {
        let delivery = try await lab.delivery()
        let id = delivery.job.requestID
        let generator = ScriptedGenerator(manners: .deafToStops)
        try await lab.run(
            lab.runner(delivery, generator) { $0.generatorGrace = .seconds(30) }
        ) {
            generator.say("0 ")
            try await eventually { lab.text(id) == "0 " }
            try await lab.stop(id)
            generator.say("1 ")
        }
        let page = try lab.page()
        #expect(lab.text(id) == "0 ")
        // Either it was told before the stop was heard, and the log refused it, or after.
        #expect(page.value("penstock_worker_tokens_total") == 2)
        #expect(page.value("penstock_worker_vain_tokens_total") == 1)
    }

    @Test func aStopSparesWhatIsKnownToFollow() async throws {
        let delivery = try await lab.delivery(["count": .integer(10), "interval_ms": .integer(3_600_000)])
        let id = delivery.job.requestID
        try await lab.run(lab.runner(delivery, CountGenerator())) {
            try await eventually { lab.text(id) == "0 " }
            try await lab.stop(id)
        }
        // Stopped before anybody had it.
        let queued = try await lab.delivery(["count": .integer(5)])
        try await lab.stop(queued.job.requestID)
        try await lab.run(lab.runner(queued, CountGenerator()))
        // Of this one nobody knows how long it would have become.
        let unknown = try await lab.delivery()
        let generator = ScriptedGenerator()
        try await lab.run(lab.runner(unknown, generator)) {
            generator.say("x ")
            try await eventually { lab.text(unknown.job.requestID) == "x " }
            try await lab.stop(unknown.job.requestID)
        }
        let page = try lab.page()
        #expect(page.value("penstock_worker_saved_tokens_total", ["total": "exact"]) == 14)
        #expect(page.sum("penstock_worker_saved_tokens_total") == 14)
        #expect(
            page.value("penstock_worker_jobs_ended_total", ["state": "cancelled", "by": "user", "mode": "stop"]) == 3)
        #expect(page.sum("penstock_worker_stop_observed_seconds_count") == 2)
    }

    @Test func whoContinuesTakesOver() async throws {
        let delivery = try await lab.delivery(["count": .integer(3), "interval_ms": .integer(0)])
        let id = delivery.job.requestID
        guard case .claimed(let attempt, _, _, _) = try await lab.outside.claim(delivery, worker: "dead").get() else {
            throw JobLab.NeverTaken()
        }
        let chunk = TokenChunk(id: EntryID(attempt: attempt, index: 1), text: "0 ", tokens: 1)
        _ = try await lab.outside.append([chunk], to: id).get()
        try await lab.run(lab.runner(delivery, CountGenerator()))
        let page = try lab.page()
        #expect(lab.text(id) == "0 1 2 ")
        #expect(page.value("penstock_worker_takeovers_total") == 1)
        #expect(page.value("penstock_worker_tokens_total") == 2)
        // The first token was another's.
        #expect(page.value("penstock_worker_first_token_seconds_count") == 0)
        #expect(page.sum("gen_ai_server_time_to_first_token_seconds_count") == 0)
        #expect(page.sum("gen_ai_server_request_duration_seconds_count") == 1)
    }

    @Test func slotsAreOfferedTakenAndFree() throws {
        let running = RunningJobs(slots: 3, metrics: lab.metrics)
        func slots() throws -> [Double?] {
            let page = try lab.page()
            return ["slots", "running_jobs", "free_slots"].map { page.value("penstock_worker_\($0)") }
        }
        running.offer()
        #expect(try slots() == [3, 0, 3])
        let delivery = JobDelivery(
            queue: "q", entryID: "1-0",
            job: GenerationJob(requestID: .random(), sessionID: .random(), owner: "me", content: ""))
        let id = running.began(lab.runner(delivery, CountGenerator()))
        #expect(try slots() == [3, 1, 2])
        running.drain()
        #expect(try slots() == [3, 1, 0])
        running.ended(id)
        #expect(try slots() == [3, 0, 0])
    }

    @Test func everyMetricIsExplained() throws {
        _ = lab.metrics.tokens(on: lab.shard.eventLoop)
        let stop = StopIntent(
            by: .user, requestedAt: Timestamp(microseconds: 1), observedAt: Timestamp(microseconds: 3))
        lab.metrics.jobEnded(state: "cancelled", stop: stop, after: .zero)
        lab.metrics.stopObserved(in: .zero, mode: .stop, met: "running")
        lab.metrics.requestStopped(by: stop)
        lab.metrics.tokensSaved(1, of: .atMost(2))
        lab.metrics.generations.ended(
            .init(
                model: nil, ending: Ending(state: .completed, finishReason: "stop"), duration: .zero,
                firstTokenAfter: .zero, speakingTime: .zero, tokens: 2))
        let names = try lab.page().kinds.keys.filter { $0.hasPrefix("penstock_worker_") || $0.hasPrefix("gen_ai_") }
        #expect(Set(names) == Set(WorkerMetrics.help.keys))
        #expect(
            try lab.page().value("penstock_worker_stop_observed_seconds_sum", ["by": "user", "mode": "stop"]) == 2e-6)
    }
}

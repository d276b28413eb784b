import NIOCore
import Shared
import TestSupport
import Testing

/// What ends because its time is over: on the in-memory double and on a real Redis alike.
@Suite("Broker conformance: time", .serialized, .timeLimit(.minutes(2)))
struct TimeConformanceTests {
    private let hour = 3_600_000

    @Test("a request that waits expires when Redis says so, and once", arguments: BrokerKind.allCases)
    func waiting(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job(limits: TimeLimits(queue: hour, total: 2 * hour))
            try await lab.submit(job)
            guard case .open(let until?) = try await lab.frontend.expire(job.requestID).get() else {
                Issue.record("it is not said how much time is left")
                return
            }
            #expect(until > .minutes(59) && until <= .hours(1))
            #expect(try await lab.frontend.request(job.requestID).get()?.state == .queued)
            try await lab.makeOverdue(job.requestID)
            for _ in 0..<2 { #expect(try await lab.frontend.expire(job.requestID).get() == .ended) }
            let endings = try await lab.endings(job.requestID)
            #expect(endings.map(\.state) == [.expired] && endings.first?.error?.code == .backendTimeout)
            #expect(endings.first?.error?.message.hasPrefix("the request waited in the queue for longer than ") == true)
            let message = try #require(try await lab.message(job.requestID))
            #expect(message.finishReason == "expired" && !message.isComplete && message.content.isEmpty)
            let receipt = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            #expect(receipt.outcome == .alreadyCompleted)
            #expect(try await lab.worker.claim(lab.take(), worker: "w1").get() == .ended(.expired))
            #expect(try await lab.endings(job.requestID).count == 1)
        }
    }

    @Test("what has no limit never expires, and what is not there has ended", arguments: BrokerKind.allCases)
    func unlimited(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            try await lab.submit(job)
            #expect(try await lab.frontend.expire(job.requestID).get() == .open(until: nil))
            #expect(try await lab.frontend.expire(.random()).get() == .ended)
            guard case .claimed(1, "", 0, nil) = try await lab.worker.claim(lab.take(), worker: "w1").get() else {
                Issue.record("a limit came from nowhere")
                return
            }
            #expect(try await lab.frontend.expire(job.requestID).get() == .open(until: nil))
        }
    }

    @Test("a worker that claims what waited too long ends it", arguments: BrokerKind.allCases)
    func lateClaim(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job(limits: TimeLimits(queue: hour))
            try await lab.submit(job)
            try await lab.makeOverdue(job.requestID)
            #expect(try await lab.worker.claim(lab.take(), worker: "w1").get() == .ended(.expired))
            #expect(try await lab.endings(job.requestID).map(\.state) == [.expired])
            #expect(try await lab.message(job.requestID)?.error?.code == .backendTimeout)
        }
    }

    @Test(
        "a worker knows how much time is left, ends what it runs, and keeps what was said",
        arguments: BrokerKind.allCases)
    func running(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job(limits: TimeLimits(queue: hour, total: hour))
            try await lab.submit(job)
            guard case .claimed(1, "", 0, let left?) = try await lab.worker.claim(lab.take(), worker: "w1").get() else {
                Issue.record("not claimed, or no limit")
                return
            }
            #expect(left > .minutes(59) && left <= .hours(1))
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            try await lab.makeOverdue(job.requestID)
            // Its worker is waited for.
            guard case .open(let slack?) = try await lab.frontend.expire(job.requestID).get() else {
                Issue.record("its worker is not waited for")
                return
            }
            #expect(slack > .zero && slack <= .seconds(5))
            #expect(try await lab.append(job.requestID, 1, 2, "b ") == .written)
            let ending = try await lab.worker.finish(
                job.requestID, attempt: 1, ending: AttemptEnding(state: .expired, finishReason: "expired")
            ).get()
            #expect(ending?.state == .expired && ending?.error?.code == .backendTimeout)
            #expect(ending?.error?.message.hasPrefix("the request took longer than ") == true)
            #expect(ending?.usage.outputTokens == 2)
            let message = try #require(try await lab.message(job.requestID))
            #expect(message.content == "a b " && message.finishReason == "expired" && !message.isComplete)
            #expect(try await lab.frontend.expire(job.requestID).get() == .ended)
        }
    }

    @Test("what was given back has had its wait, and only its whole time counts", arguments: BrokerKind.allCases)
    func givenBack(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for limits in [TimeLimits(queue: hour), TimeLimits(queue: hour, total: 2 * hour)] {
                let job = lab.job(limits: limits)
                let delivery = try await lab.start(job)
                #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
                try await lab.makeOverdue(job.requestID)
                #expect(try await lab.worker.release(delivery, attempt: 1, worker: "w1").get() == .held)
                let expected: ExpiryOutcome = limits.total == nil ? .open(until: nil) : .ended
                #expect(try await lab.frontend.expire(job.requestID).get() == expected)
                #expect(try await lab.message(job.requestID)?.content == "a ")
            }
        }
    }

    @Test("a recorded stop wins over the end of the time, whoever notices it", arguments: BrokerKind.allCases)
    func stopWins(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for isWorker in [true, false] {
                let job = lab.job(limits: TimeLimits(total: hour))
                _ = try await lab.start(job)
                let receipt = try await lab.frontend.stop(
                    job.requestID, intent: StopIntent(by: .user), owner: "ada"
                ).get()
                #expect(receipt.outcome == .stopped)
                try await lab.makeOverdue(job.requestID)
                if isWorker {
                    let ending = try await lab.worker.finish(
                        job.requestID, attempt: 1, ending: AttemptEnding(state: .expired, finishReason: "expired")
                    ).get()
                    #expect(ending?.state == .cancelled && ending?.error == nil)
                } else {
                    let again = try await lab.worker.reclaimJobs(
                        queue: lab.queue, worker: "w2", idle: .zero, limit: 5
                    ).get()
                    let delivery = try #require(again.first { $0.job.requestID == job.requestID })
                    #expect(try await lab.worker.claim(delivery, worker: "w2").get() == .ended(.cancelled))
                }
                #expect(try await lab.endings(job.requestID).map(\.state) == [.cancelled])
            }
        }
    }

    @Test(
        "what its worker does not end is ended all the same, and the worker is fenced", arguments: BrokerKind.allCases)
    func deadWorker(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job(limits: TimeLimits(total: hour))
            _ = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            try await lab.makeOverdue(job.requestID)
            try await eventually("nobody waits for the worker any more") {
                lab.store?.advance(by: .seconds(1))
                return try await lab.frontend.expire(job.requestID).get() == .ended
            }
            #expect(try await lab.append(job.requestID, 1, 2, "late ") == .fenced)
            #expect(try await lab.finish(job.requestID, 1)?.state == .expired)
            #expect(try await lab.endings(job.requestID).count == 1)
            #expect(try await lab.message(job.requestID)?.content == "a ")
        }
    }
}

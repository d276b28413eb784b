import NIOCore
import Shared
import TestSupport
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct SettledStopTests {
    let intent = StopIntent(by: .operator, reason: "test")

    @Test func aQueuedRequestIsSettledAtOnce() async throws {
        try await withBroker { broker, _ in
            let job = submission("q")
            _ = try await broker.submit(job).get()
            let result = try await SettledStop.stop(job.job.requestID, intent: intent, wait: .zero, through: broker)
            #expect(result.outcome == .dequeued)
            #expect(result.isSettled)
            #expect(result.state == .cancelled)
            #expect(result.message?.stop?.reason == "test")
        }
    }

    @Test func aRunningRequestIsWaitedFor() async throws {
        try await withBroker(workerOn: "q") { broker, store in
            let job = submission("q")
            _ = try await broker.submit(job).get()
            try await eventually { store.log(of: job.job.requestID).count > 2 }
            let result = try await SettledStop.stop(
                job.job.requestID, intent: intent, wait: .seconds(10), through: broker)
            #expect(result.outcome == .stopped)
            #expect(result.isSettled)
            let again = try await SettledStop.stop(job.job.requestID, intent: intent, wait: .zero, through: broker)
            #expect(again.outcome == .alreadyStopped)
            #expect(again.isSettled)
        }
    }

    @Test func aDeadWorkerLeavesItPending() async throws {
        try await withBroker { broker, _ in
            let job = submission("q")
            _ = try await broker.submit(job).get()
            let taken = try await broker.takeJobs(queue: "q", worker: "w", limit: 1, wait: .seconds(1))
            _ = try await broker.claim(try #require(taken.first), worker: "w").get()
            let result = try await SettledStop.stop(
                job.job.requestID, intent: intent, wait: .milliseconds(20), through: broker)
            #expect(result.outcome == .stopped)
            #expect(!result.isSettled)
            #expect(PenstockCommand.Stop.text(result).hasPrefix("pending"))
        }
    }

    @Test func whatNobodyKnowsIsUnknown() async throws {
        try await withBroker { broker, _ in
            _ = await #expect {
                _ = try await SettledStop.stop(.random(), intent: intent, wait: .zero, through: broker)
            } throws: { ($0 as? BrokerError)?.code == .notFound }
        }
    }
}

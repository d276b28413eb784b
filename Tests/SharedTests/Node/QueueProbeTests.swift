import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Shared

@Suite struct QueueProbeTests {
    private let store = InMemoryStore()
    private let broker: CountingBroker

    init() { broker = CountingBroker(base: InMemoryBroker(store, on: MultiThreadedEventLoopGroup.singleton.next())) }

    private func submit() async throws {
        let job = GenerationJob(requestID: .random(), sessionID: .random(), owner: "ada", content: "x")
        _ = try await broker.submit(Submission(job: job, queue: "q", isNewSession: true)).get()
    }

    private func page(_ probe: QueueProbe) async throws -> PrometheusPage {
        try PrometheusPage(PrometheusRegistry(collectors: []).render(besides: await probe.samples()))
    }

    @Test func aQueueIsToldAsItStands() async throws {
        try await submit()
        store.advance(by: .seconds(7))
        try await submit()
        let page = try await page(QueueProbe(broker: broker, queue: "q"))
        let labels = ["queue": "q"]
        #expect(page.value("penstock_queue_waiting_jobs", labels) == 2)
        #expect(page.value("penstock_queue_taken_jobs", labels) == 0)
        #expect((7.0..<1000).contains(page.value("penstock_queue_oldest_age_seconds", labels) ?? 0))
        #expect(page.values.count == 3)
    }

    @Test func whereRedisIsAwayNothingIsTold() async throws {
        try await submit()
        let probe = QueueProbe(broker: broker, queue: "q")
        store.goAway()
        #expect(await probe.samples().isEmpty)
        let hanging = QueueProbe(broker: HangingBroker(base: broker), queue: "q", patience: .milliseconds(20))
        #expect(await hanging.samples().isEmpty)
    }

    @Test func manyReadersCostOneQuestion() async throws {
        try await submit()
        let probe = QueueProbe(broker: broker, queue: "q")
        await withDiscardingTaskGroup { group in
            for _ in 0..<50 { group.addTask { _ = await probe.samples() } }
        }
        // However slow this machine is, most of them came within the same second.
        #expect((1...25).contains(broker.questions.current))
    }
}

/// Counts the questions.
private struct CountingBroker: ForwardingBroker {
    let base: any Broker
    let questions = LoopCounter()

    func queueStatus(of queue: String) -> EventLoopFuture<QueueStatus> {
        // One at a time: the probe asks under its lock.
        questions.add(1)
        return base.queueStatus(of: queue)
    }
}

/// Never answers in time.
private struct HangingBroker: ForwardingBroker {
    let base: any Broker

    func queueStatus(of queue: String) -> EventLoopFuture<QueueStatus> {
        let promise = eventLoop.makePromise(of: QueueStatus.self)
        eventLoop.scheduleTask(in: .seconds(5)) { promise.fail(BrokerError(code: .unavailable, message: "hangs")) }
        return promise.futureResult
    }
}

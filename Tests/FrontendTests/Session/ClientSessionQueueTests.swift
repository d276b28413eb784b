import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

/// A client whose request has to wait, or finds no room.
@Suite("ClientSession: queues") struct ClientSessionQueueTests {
    private func take(_ bench: SessionBench) throws {
        let job = bench.store.takeJob(of: "default", worker: "w")
        #expect(job != nil)
    }

    @Test func aFullQueueIsToldAndTheSameIdWorksLater() throws {
        let bench = SessionBench { $0.admission.maximumQueueLength = 1 }
        let client = bench.connect()
        let (first, second) = (RequestID.random(), RequestID.random())
        client.send(first)
        #expect(try client.events().types == ["connection.ready", "message.streaming.start"])
        client.send(second)
        guard case .failure(let failure)? = try client.events().first else {
            Issue.record("not refused")
            return
        }
        #expect(failure.requestID == second.text && failure.errorCode == .rateLimitExceeded)
        #expect(failure.details?["bound"] == .string("queue_length") && failure.details?["limit"] == .integer(1))
        #expect(failure.details?["retry_after_ms"] == .integer(2000))
        #expect(failure.message == "the queue is full: as many requests wait as may: 1")
        #expect(client.session.machine.count == 1 && bench.watched.count == 1)
        #expect(bench.store.stopListeners(of: second) == 0)
        // What is there is joined, stopped and resumed as ever.
        client.send(first)
        #expect(try client.events().types == ["message.streaming.start"])
        try take(bench)
        client.send(second)
        #expect(try client.events().types == ["message.streaming.start"])
        client.stop(second)
        #expect(try client.events().outcomes == [.dequeued])
    }

    @Test func aStopBehindASendThatFindsNoRoomIsAnswered() throws {
        let bench = SessionBench { $0.admission.maximumQueueLength = 1 }
        let client = bench.connect()
        client.send(.random())
        _ = try client.events()
        let id = RequestID.random()
        client.send(id)
        client.stop(id)
        #expect(try client.events().failures == [.rateLimitExceeded, .messageNotFound])
        #expect(client.session.machine.count == 1)
    }

    @Test func placesAreToldOnceASecondAndOnlyNewOnes() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let ids = (0..<3).map { _ in RequestID.random() }
        for id in ids { client.send(id) }
        #expect(try client.events().positions.isEmpty)
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try client.events().positions == zip(ids, 1...).map(queued))
        bench.eventLoop.advanceTime(by: .seconds(5))
        #expect(try client.events().isEmpty)
        try take(bench)
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try client.events().positions == [queued(ids[1], 1), queued(ids[2], 2)])
        try bench.claim(ids[0])
        #expect(try client.events().positions == [queued(ids[0], 0)])
        #expect(try bench.append(ids[0], 1, "x") == .written)
        #expect(try client.events().types == ["message.streaming.chunk"])
        // A stop of one that waits ends it; nobody is told its place any more.
        client.stop(ids[2])
        #expect(try client.events().outcomes == [.dequeued])
        try take(bench)
        bench.eventLoop.advanceTime(by: .seconds(2))
        #expect(try client.events().positions.isEmpty)
    }

    @Test func aRequestThatRunsAtOnceIsToldNoPlace() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.eventLoop.advanceTime(by: .seconds(3))
        #expect(try client.events().isEmpty)
    }

    @Test func whoeverJoinsOrResumesAWaitingRequestIsToldItsPlace() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(.random())
        first.send(id)
        _ = try first.events()
        let (second, third) = (bench.connect(), bench.connect())
        second.send(id)
        third.resume(id)
        _ = (try second.events(), try third.events())
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try second.events().positions == [queued(id, 2)])
        #expect(try third.events().positions == [queued(id, 2)])
        second.leave()
        first.leave()
        try take(bench)
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try third.events().positions == [queued(id, 1)])
    }

    @Test func aSlowClientIsToldItsPlaceLater() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(.random())
        client.send(id)
        _ = try client.events()
        client.connection.isOutboundPaused = true
        bench.eventLoop.advanceTime(by: .seconds(2))
        #expect(try client.events().isEmpty)
        client.connection.isOutboundPaused = false
        try take(bench)
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try client.events().positions == [queued(id, 1)])
    }

    private func queued(_ id: RequestID, _ position: UInt64) -> MessageQueued {
        MessageQueued(requestID: id, messageID: id.message, position: position)
    }
}

extension [ServerEvent] {
    fileprivate var positions: [MessageQueued] {
        compactMap { if case .queued(let queued) = $0 { queued } else { nil } }.sorted { $0.position < $1.position }
    }
}

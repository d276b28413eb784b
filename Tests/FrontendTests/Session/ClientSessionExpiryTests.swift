import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

/// A client whose request takes longer than it may.
@Suite("ClientSession: time") struct ClientSessionExpiryTests {
    /// Time passes, here and at Redis.
    private func pass(_ time: TimeAmount, _ bench: SessionBench) {
        bench.store.advance(by: time)
        bench.eventLoop.advanceTime(by: time)
    }

    private func bench(queue: Int? = 60_000, total: Int? = nil) -> SessionBench {
        SessionBench { $0.admission.timeLimits = TimeLimits(queue: queue, total: total) }
    }

    private func expectExpired(
        _ events: [ServerEvent], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .streamingError(let error)? = events.last, events.count == 1 else {
            Issue.record("not expired: \(events)", sourceLocation: sourceLocation)
            return
        }
        #expect(error.errorCode == .backendTimeout && error.finishReason == "expired", sourceLocation: sourceLocation)
        #expect(error.message == message, sourceLocation: sourceLocation)
    }

    @Test func aRequestThatNobodyTakesExpires() throws {
        let bench = bench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        pass(.seconds(59), bench)
        #expect(try client.events().types == ["message.queued"])
        pass(.seconds(2), bench)
        expectExpired(try client.events(), "the request waited in the queue for longer than 60 s")
        #expect(client.session.streams.isEmpty && bench.watched.count == 0)
        client.stop(id)
        #expect(try client.events().outcomes == [.alreadyCompleted])
    }

    @Test func itExpiresThoughItsClientHasLeft() throws {
        let bench = bench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id) { $0.onDisconnect = .continue }
        _ = try client.events()
        client.leave()
        pass(.seconds(61), bench)
        bench.eventLoop.run()
        let record = bench.broker.request(id)
        bench.eventLoop.run()
        #expect(try record.wait()?.state == .expired)
        #expect(bench.watched.count == 0)
    }

    @Test func whatRunsIsItsWorkersToEndAndNobodysForSomeSeconds() throws {
        let bench = bench(queue: 60_000, total: 120_000)
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        #expect(try bench.append(id, 1, "one ") == .written)
        _ = try client.events()
        pass(.seconds(124), bench)
        #expect(try client.events().isEmpty)
        // Its worker is dead.
        pass(.seconds(2), bench)
        expectExpired(try client.events(), "the request took longer than 120 s")
        #expect(try bench.append(id, 2, "two ") == .fenced)
        try bench.finish(id)
        #expect(try client.events().isEmpty)
    }

    @Test func aStopWinsOverTheEndOfTheTime() throws {
        let bench = bench(queue: nil, total: 60_000)
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        client.stop(id)
        #expect(try client.events().outcomes == [.stopped])
        pass(.seconds(70), bench)
        let events = try client.events()
        #expect(events.types == ["message.streaming.complete"])
        guard case .streamingComplete(let complete)? = events.first else { return }
        #expect(complete.metadata.finishReason == "cancelled")
    }

    @Test func whoeverResumesWatchesTheTimeToo() throws {
        let bench = bench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        // Another frontend, with other settings; the first is gone.
        let other = SessionBench(store: bench.store) { $0.admission.timeLimits = TimeLimits() }
        let second = other.connect()
        second.resume(id)
        #expect(try second.events().types == ["connection.ready", "message.streaming.start"])
        pass(.seconds(30), other)
        #expect(try second.events().types == ["message.queued"])
        pass(.seconds(31), other)
        expectExpired(try second.events(), "the request waited in the queue for longer than 60 s")
    }

    @Test func redisDecidesWhenTheTimeIsOver() throws {
        let bench = bench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        // The clock here is ahead, and goes faster.
        bench.eventLoop.advanceTime(by: .seconds(3600))
        #expect(try client.events().types == ["message.queued"])
        bench.store.goAway()
        bench.store.advance(by: .seconds(61))
        bench.eventLoop.advanceTime(by: .seconds(61))
        #expect(try client.events().isEmpty)
        bench.store.comeBack()
        bench.eventLoop.advanceTime(by: .seconds(3))
        expectExpired(try client.events(), "the request waited in the queue for longer than 60 s")
    }

    @Test func aClientMayAskForLessAndNotForMore() throws {
        let bench = bench(queue: 60_000, total: 120_000)
        let client = bench.connect()
        _ = try client.events()
        client.send(.random()) { $0.queueTimeout = 5000 }
        client.send(.random()) { ($0.queueTimeout, $0.timeout) = (600_000, 600_000) }
        client.send(.random())
        _ = try client.events()
        #expect(
            bench.store.jobs(of: "default").map(\.timeLimits) == [
                TimeLimits(queue: 5000, total: 120_000), TimeLimits(queue: 60_000, total: 120_000),
                TimeLimits(queue: 60_000, total: 120_000),
            ])
        for milliseconds in [0, -1, 7 * 86_400_000 + 1] {
            client.send(.random()) { $0.timeout = milliseconds }
            #expect(try client.events().failures == [.invalidRequest])
        }
    }
}

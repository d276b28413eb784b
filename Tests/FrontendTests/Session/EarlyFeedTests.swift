import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

@Suite("EarlyFeed") struct EarlyFeedTests {
    @Test func followsFromAcceptanceUntilItIsLeft() {
        let bench = SessionBench()
        let id = RequestID.random()
        let feed = EarlyFeed(of: id, on: bench.broker)
        bench.eventLoop.run()
        #expect(bench.store.followers(of: id) == 0)
        feed.listen()
        feed.listen()
        bench.eventLoop.run()
        #expect(bench.store.followers(of: id) == 1)
        feed.leave()
        feed.leave()
        bench.eventLoop.run()
        #expect(bench.store.followers(of: id) == 0)
    }

    @Test func onceItIsLeftAnAcceptanceChangesNothing() {
        let bench = SessionBench()
        let id = RequestID.random()
        let feed = EarlyFeed(of: id, on: bench.broker)
        feed.leave()
        feed.listen()
        bench.eventLoop.run()
        #expect(bench.store.followers(of: id) == 0)
    }

    /// Whatever becomes of a submission, those that follow are those that stream.
    @Test func nothingIsLeftOfIt() throws {
        let bench = SessionBench { $0.admission.maximumQueueLength = 2 }
        let client = bench.connect()
        let (accepted, again, gone, full) = (
            RequestID.random(), RequestID.random(), RequestID.random(), RequestID.random()
        )
        client.send(accepted)
        _ = try client.events()
        #expect(bench.store.followers(of: accepted) == 1)
        // Joined from another connection, and refused there with other words.
        let second = bench.connect()
        second.send(accepted)
        second.send(accepted, "something else")
        _ = try second.events()
        #expect(bench.store.followers(of: accepted) == 2)
        // Sent by one who leaves at once.
        let third = bench.connect()
        _ = try third.events()
        third.send(gone)
        third.leave()
        bench.eventLoop.run()
        #expect(bench.store.followers(of: gone) == 0)
        client.send(full)
        #expect(try client.events().failures == [.rateLimitExceeded])
        #expect(bench.store.followers(of: full) == 0)
        // Redis is away.
        bench.store.goAway()
        client.send(again)
        bench.eventLoop.advanceTime(by: .seconds(30))
        _ = try client.events()
        #expect(bench.store.followers(of: again) == 0)
    }
}

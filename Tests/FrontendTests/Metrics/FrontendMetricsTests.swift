import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

@Suite struct FrontendMetricsTests {
    private let bench = SessionBench()

    @Test func theFirstChunkIsTimedFromTheMessageAndTheOthersFromOneAnother() throws {
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.eventLoop.advanceTime(by: .milliseconds(40))
        _ = try bench.append(id, 1, "a")
        // In the same write.
        _ = try bench.append(id, 2, "b")
        bench.eventLoop.advanceTime(by: .milliseconds(200))
        client.connection.writes += 1
        _ = try bench.append(id, 3, "c")
        try bench.finish(id)
        _ = try client.events()
        let page = try bench.metrics()
        let first = "penstock_frontend_first_chunk_seconds"
        #expect(page.value("\(first)_count") == 1)
        #expect(abs((page.value("\(first)_sum") ?? 0) - 0.04) < 1e-9)
        let gap = "penstock_frontend_chunk_gap_seconds"
        #expect(page.value("\(gap)_count") == 2)
        #expect(page.value("\(gap)_bucket", ["le": "0.0001"]) == 1)
        #expect(abs((page.value("\(gap)_sum") ?? 0) - 0.2) < 1e-9)
        #expect(page.value("penstock_frontend_chunks_total") == 3)
        #expect(page.value("penstock_frontend_requests_total") == 1)
        #expect(page.value("penstock_frontend_streams_total") == 1)
        #expect(page.value("penstock_frontend_endings_total", ["state": "completed"]) == 1)
    }

    @Test func whatIsResumedHasNoFirstChunk() throws {
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "a")
        _ = try client.events()
        let other = bench.connect()
        other.resume(id)
        #expect(try other.events().text == "a")
        let page = try bench.metrics()
        #expect(page.value("penstock_frontend_first_chunk_seconds_count") == 1)
        #expect(page.value("penstock_frontend_streams_total") == 2)
        #expect(page.value("penstock_frontend_requests_total") == 1)
    }

    @Test func stopsAreTimedByPhaseAndByWhatTheyMet() throws {
        let client = bench.connect()
        let (running, queued) = (RequestID.random(), RequestID.random())
        client.send(running)
        client.send(queued)
        _ = try client.events()
        try bench.claim(running)
        _ = try bench.append(running, 1, "a")
        for id in [running, queued, running, queued] { client.stop(id) }
        #expect(try client.events().outcomes == [.stopped, .dequeued, .alreadyStopped, .alreadyStopped])
        bench.eventLoop.advanceTime(by: .milliseconds(30))
        try bench.finish(running)
        _ = try client.events()
        client.stop(running)
        #expect(try client.events().outcomes == [.alreadyStopped])

        let page = try bench.metrics()
        func count(_ phase: String, _ met: String) -> Double? {
            page.value("penstock_frontend_stop_\(phase)_seconds_count", ["met": met])
        }
        #expect(count("recorded", "running") == 1)
        #expect(count("recorded", "queued") == 1)
        #expect(count("recorded", "stopped") == 3)
        #expect(count("recorded", "ended") == 0)
        #expect(count("settled", "running") == 1)
        #expect(count("settled", "queued") == 1)
        // One that comes when the ending was told has nothing to wait for; of two the first counts.
        #expect(count("settled", "stopped") == 0)
        #expect(
            abs((page.value("penstock_frontend_stop_settled_seconds_sum", ["met": "running"]) ?? 0) - 0.03) < 1e-9)
        let stops = "penstock_frontend_stops_total"
        #expect(page.value(stops, ["outcome": "stopped", "by": "user", "mode": "stop"]) == 1)
        #expect(page.value(stops, ["outcome": "dequeued", "by": "user", "mode": "stop"]) == 1)
        #expect(page.value(stops, ["outcome": "already_stopped", "by": "user", "mode": "stop"]) == 3)
        #expect(
            page.value(
                "penstock_frontend_endings_total", ["state": "cancelled", "by": "user", "mode": "stop"]) == 2)
        #expect(client.session.settling.isEmpty)
    }

    @Test func aStopThatIsRefusedIsForgotten() throws {
        let client = bench.connect()
        client.stop(.random())
        #expect(try client.events().failures == [.messageNotFound])
        #expect(client.session.settling.isEmpty)
        #expect(try bench.metrics().sum("penstock_frontend_stops_total") == 0)
    }

    @Test func holesOfTheLiveFeedAreCountedByTheirCause() throws {
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "a")
        bench.store.loseFeed(1)
        _ = try bench.append(id, 2, "b")
        _ = try bench.append(id, 3, "c")
        #expect(try client.events().text == "abc")
        let holes = "penstock_frontend_feed_holes_total"
        #expect(try bench.metrics().value(holes, ["cause": "gap"]) == 1)
        #expect(try bench.metrics().value(holes, ["cause": "interruption"]) == 0)
        bench.store.goAway()
        bench.store.comeBack()
        bench.eventLoop.run()
        #expect(try bench.metrics().value(holes, ["cause": "interruption"]) == 1)
        #expect(try bench.metrics().value(holes, ["cause": "gap"]) == 1)
    }

    @Test func everyMetricIsExplained() throws {
        let metrics = FrontendMetrics(registry: bench.registry)
        metrics.connectionClosing(.normal)
        metrics.connectionRefused(status: 401)
        metrics.authenticationFailed(.missing)
        metrics.commandFailed(.invalidRequest)
        metrics.refused(.queueLength)
        metrics.streamEnded(Ending(state: .expired, finishReason: "expired"))
        metrics.stops.recorded(.stopped, StopIntent(by: .disconnect), after: .zero)
        let names = try bench.metrics().kinds.keys.filter { $0.hasPrefix("penstock_frontend_") }
        #expect(Set(names) == Set(FrontendMetrics.help.keys))
    }
}

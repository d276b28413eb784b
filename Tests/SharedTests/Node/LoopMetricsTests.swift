import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Shared

@Suite struct LoopMetricsTests {
    let registry = PrometheusRegistry(
        help: ["tokens_total": "t", "waiting_bytes": "w", "gap_seconds": "g"], buckets: ["gap_seconds": [0.001, 1]],
        collectors: [])

    private func page() throws -> PrometheusPage { try PrometheusPage(registry.render()) }

    @Test func whatLoopsCountIsAddedUp() throws {
        let (one, two) = (registry.loopCounter("tokens_total"), registry.loopCounter("tokens_total"))
        one.add(3)
        two.add(4)
        one.add(1)
        let waiting = registry.loopGauge("waiting_bytes")
        waiting.add(10)
        waiting.add(-4)
        #expect(one.current == 4)
        #expect(try page().value("tokens_total") == 8)
        #expect(try page().value("waiting_bytes") == 6)
        #expect(try page().kinds == ["tokens_total": "counter", "waiting_bytes": "gauge"])
    }

    @Test func timesOfLoopsAreAddedUp() throws {
        let (one, two) = (registry.loopHistogram("gap_seconds"), registry.loopHistogram("gap_seconds"))
        #expect(try page().value("gap_seconds_count") == 0)
        one.record(.microseconds(1000))
        one.record(.nanoseconds(1_000_001))
        one.record(.seconds(1))
        two.record(.seconds(2))
        // A clock that goes back.
        two.record(.seconds(-1))
        let page = try page()
        #expect(page.value("gap_seconds_bucket", ["le": "0.001"]) == 2)
        #expect(page.value("gap_seconds_bucket", ["le": "1"]) == 4)
        #expect(page.value("gap_seconds_bucket", ["le": "+Inf"]) == 5)
        #expect(page.value("gap_seconds_count") == 5)
        #expect(abs((page.value("gap_seconds_sum") ?? 0) - 3.002000001) < 1e-9)
    }

    @Test func loopsCountAtTheSameTime() async throws {
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                let (counter, histogram) = (
                    registry.loopCounter("tokens_total"), registry.loopHistogram("gap_seconds")
                )
                group.addTask {
                    for _ in 0..<1000 {
                        counter.add(1)
                        histogram.record(.seconds(1))
                    }
                }
            }
        }
        #expect(try page().value("tokens_total") == 8000)
        #expect(try page().value("gap_seconds_sum") == 8000)
    }

    @Test func samplesOfOneNameAreOneMetric() throws {
        let samples = ["a", "b"].map {
            PrometheusSample(name: "depth", kind: .gauge, help: "How deep.", labels: [("queue", $0)], value: 3)
        }
        let page = try PrometheusPage(registry.render(besides: samples))
        #expect(page.value("depth", ["queue": "b"]) == 3)
        #expect(page.help == ["depth": "How deep."])
    }

    @Test func everythingANodeHasIsExplained() throws {
        let registry = PrometheusRegistry(nodeHelp: ["mine_total": "Mine."])
        for loop in 0..<2 { _ = ControlPathMetrics(registry: registry, loop: loop) }
        _ = registry.loopCounter("mine_total")
        let page = try PrometheusPage(registry.render())
        #expect(page.kinds.keys.contains("penstock_redis_round_trip_seconds"))
        #expect(page.labels(of: "penstock_redis_reconnects_total") == ["connection"])
    }

    @Test func onlyWhatIsMadeAnewIsAReconnection() throws {
        let registry = PrometheusRegistry(nodeHelp: [:], buckets: [:])
        let metrics = ControlPathMetrics(registry: registry, loop: 0)
        var before = BrokerConnections.Made()
        for made in [(1, 0, 0), (1, 1, 0), (3, 2, 0), (3, 2, 1), (3, 2, 1)] {
            let made = BrokerConnections.Made(commands: made.0, subscriptions: made.1, jobs: made.2)
            metrics.connectionsMade(made, before: before)
            before = made
        }
        let page = try PrometheusPage(registry.render())
        let name = "penstock_redis_reconnects_total"
        #expect(page.value(name, ["connection": "commands"]) == 2)
        #expect(page.value(name, ["connection": "subscriptions"]) == 1)
        #expect(page.value(name, ["connection": "jobs"]) == 0)
    }
}

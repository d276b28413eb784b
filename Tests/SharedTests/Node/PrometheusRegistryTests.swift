import Metrics
import Testing

@testable import Shared

@Suite struct PrometheusRegistryTests {
    let registry = PrometheusRegistry(help: ["jobs_total": "Jobs\ntaken."], buckets: ["size": [1, 10]], collectors: [])

    @Test func counters() {
        Counter(label: "jobs_total", dimensions: [("queue", "b"), ("a", "x")], factory: registry).increment(by: 2)
        Counter(label: "jobs_total", dimensions: [("a", "x"), ("queue", "b")], factory: registry).increment()
        Counter(label: "jobs_total", dimensions: [("a", "\"\\\n")], factory: registry).increment()
        FloatingPointCounter(label: "seconds_total", factory: registry).increment(by: 0.5)
        #expect(
            registry.render() == """
                # HELP jobs_total Jobs\\ntaken.
                # TYPE jobs_total counter
                jobs_total{a="\\"\\\\\\n"} 1
                jobs_total{a="x",queue="b"} 3
                # TYPE seconds_total counter
                seconds_total 0.5

                """)
    }

    @Test func gauges() {
        let meter = Meter(label: "open", factory: registry)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement(by: 3)
        Gauge(label: "lag", factory: registry).record(1.5)
        #expect(registry.render() == "# TYPE lag gauge\nlag 1.5\n# TYPE open gauge\nopen 4\n")
    }

    @Test func histograms() {
        let recorder = Recorder(label: "size", dimensions: [("k", "v")], factory: registry)
        for value in [0, 1, 2, 100] { recorder.record(value) }
        #expect(
            registry.render() == """
                # TYPE size histogram
                size_bucket{k="v",le="1"} 2
                size_bucket{k="v",le="10"} 3
                size_bucket{k="v",le="+Inf"} 4
                size_sum{k="v"} 103
                size_count{k="v"} 4

                """)
    }

    @Test func timersAreInSeconds() {
        Timer(label: "stop_seconds", factory: registry).recordMilliseconds(2)
        let page = registry.render()
        #expect(page.contains("stop_seconds_bucket{le=\"0.001\"} 0\n"))
        #expect(page.contains("stop_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(page.contains("stop_seconds_bucket{le=\"0.0001\"} 0\n"))
        #expect(page.contains("stop_seconds_sum 0.002\n"))
    }

    @Test func namesAreMadeValid() {
        Counter(label: "1.a-b", dimensions: [("x:y", "1")], factory: registry).increment()
        #expect(registry.render() == "# TYPE _1_a_b counter\n_1_a_b{x_y=\"1\"} 1\n")
    }

    @Test func destroyedSeriesVanish() {
        let counter = Counter(label: "gone_total", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!registry.render().contains("gone_total 1"))
    }

    @Test func seriesAreBounded() {
        for number in 0..<(PrometheusRegistry.maximumSeries + 5) {
            Counter(label: "c_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        let page = registry.render()
        #expect(
            page.split(separator: "\n").filter { $0.hasPrefix("c_total{") }.count == PrometheusRegistry.maximumSeries)
        #expect(page.contains("penstock_metrics_dropped_series_total 5\n"))
    }

    @Test func recordingFromManyThreadsLosesNothing() async {
        let counter = Counter(label: "n_total", factory: registry)
        let meter = Meter(label: "m", factory: registry)
        let timer = Timer(label: "t_seconds", factory: registry)
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        meter.increment(by: 1)
                        timer.recordSeconds(1)
                    }
                }
            }
        }
        let page = registry.render()
        #expect(page.contains("n_total 8000\n"))
        #expect(page.contains("m 8000\n"))
        #expect(page.contains("t_seconds_sum 8000\n"))
        #expect(page.contains("t_seconds_count 8000\n"))
    }

    #if os(Linux)
    @Test func theProcessIsMeasured() throws {
        let samples = Dictionary(uniqueKeysWithValues: ProcessMetrics.collect().map { ($0.name, $0.value) })
        #expect(try #require(samples["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(samples["process_open_fds"]) > 2)
        #expect(try #require(samples["process_max_fds"]) > 10)
        #expect(try #require(samples["process_cpu_seconds_total"]) >= 0)
        let age = Double(Timestamp.now().microseconds) / 1e6 - (try #require(samples["process_start_time_seconds"]))
        #expect((-2.0...86_400).contains(age))
        #expect(PrometheusRegistry().render().contains("# TYPE process_open_fds gauge"))
    }
    #endif
}

package import Metrics
private import Synchronization

/// Keeps a node's metrics and writes them as Prometheus text (exposition format 0.0.4).
///
/// Counters, floating-point counters and meters (gauges) are single numbers; timers, in seconds, and aggregating recorders
/// are histograms; a recorder that does not aggregate is a gauge. Metric names are taken as given (name a timer
/// `…_seconds`, a counter `…_total`), with `_` for what Prometheus does not allow. Making the same metric twice gives the same
/// one. Recording takes no lock. One name is of one kind: to use it for another is a mistake that ends the process.
///
/// At most `maximumSeries` combinations of labels are kept per name; what goes beyond is counted in
/// `penstock_metrics_dropped_series_total` and not shown.
package final class PrometheusRegistry: MetricsFactory {
    /// The most combinations of labels of one name.
    package static let maximumSeries = 1000

    private static let dropped = "penstock_metrics_dropped_series_total"
    static let droppedHelp = [dropped: "Label combinations not shown, for there were too many."]

    private struct State {
        var families: [String: PrometheusFamily] = [:]
        var dropped = 0
    }

    private let help: [String: String]
    private let buckets: [String: [Double]]
    private let state = Mutex(State())
    private let collectors: [@Sendable () -> [PrometheusSample]]

    /// A registry. `help` is shown under the name of each metric; `buckets` are the upper bounds of a histogram where
    /// `PrometheusHistogram.secondsBuckets` do not fit; `collectors` are asked for further numbers at each reading.
    package init(
        help: [String: String] = [:], buckets: [String: [Double]] = [:],
        collectors: [@Sendable () -> [PrometheusSample]] = [ProcessMetrics.collect]
    ) {
        self.help = help
        self.buckets = buckets
        self.collectors = collectors
    }

    /// The present values, sorted by name and labels, and behind them what was asked for elsewhere.
    package func render(besides probed: [PrometheusSample] = []) -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var page = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            page.begin(name, kind: family.kind, help: help[name])
            for (labels, series) in family.series.sorted(by: { $0.key.text < $1.key.text }) {
                series.write(to: &page, name: name, labels: labels)
            }
        }
        var begun: String?
        for sample in collectors.flatMap({ $0() }) + probed {
            if sample.name != begun { page.begin(sample.name, kind: sample.kind, help: sample.help) }
            begun = sample.name
            page.sample(sample.name, PrometheusLabels(sample.labels), sample.value)
        }
        if dropped > 0 {
            page.begin(Self.dropped, kind: .counter, help: Self.droppedHelp[Self.dropped])
            page.sample(Self.dropped, PrometheusLabels([]), Double(dropped))
        }
        return page.text
    }

    private func series<Series: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], kind: PrometheusKind, make: (_ name: String) -> Series
    ) -> Series {
        let name = PrometheusText.name(label)
        let labels = PrometheusLabels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? PrometheusFamily(kind: kind)
            if let series = family.series[labels] {
                guard let series = series as? Series else {
                    preconditionFailure("the metric \(name) is used as two kinds")
                }
                return series
            }
            precondition(family.kind == kind, "the metric \(name) is used as two kinds")
            let series = make(name)
            guard family.series.count < Self.maximumSeries else {
                state.dropped += 1
                return series
            }
            family.series[labels] = series
            state.families[name] = family
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                return
            }
        }
    }

    // MARK: What event loops count

    /// A part of the counter `name` for one event loop. The page shows the sum of all parts.
    package func loopCounter(_ name: String) -> LoopCounter {
        series(name, [], kind: .counter) { _ in PrometheusLoopCounter() }.makePart()
    }

    /// A part of the gauge `name` for one event loop. The page shows the sum of all parts.
    package func loopGauge(_ name: String) -> LoopCounter {
        series(name, [], kind: .gauge) { _ in PrometheusLoopCounter() }.makePart()
    }

    /// A part of the histogram `name` of seconds for one event loop. The page shows the sum of all parts.
    package func loopHistogram(_ name: String) -> LoopHistogram {
        series(name, [], kind: .histogram) { name in
            PrometheusLoopHistogram(bounds: buckets[name] ?? PrometheusHistogram.secondsBuckets)
        }.makePart()
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, kind: .counter) { _ in PrometheusCounter() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, kind: .counter) { _ in PrometheusFloatingPointCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, kind: .gauge) { _ in PrometheusGauge() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) }
        return series(label, dimensions, kind: .gauge) { _ in PrometheusGauge() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> PrometheusHistogram {
        series(label, dimensions, kind: .histogram) { name in
            PrometheusHistogram(bounds: buckets[name] ?? PrometheusHistogram.secondsBuckets)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

/// All series of one metric name.
struct PrometheusFamily {
    let kind: PrometheusKind
    var series: [PrometheusLabels: any PrometheusSeries] = [:]
}

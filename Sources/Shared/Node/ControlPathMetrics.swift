private import Metrics
import NIOCore

/// The metrics of a node's ways to Redis. Code calls the intents; names and labels are chosen here. For one event loop, but for the age of
/// its last beat all in the same series.
package struct ControlPathMetrics: Sendable {
    /// Bounds for what takes tens of microseconds.
    private static let quick: [Double] = [
        0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let beatAge = "penstock_control_path_beat_age_seconds"
    private static let beat = "penstock_control_path_beat_seconds"
    private static let roundTrip = "penstock_redis_round_trip_seconds"
    private static let reconnects = "penstock_redis_reconnects_total"
    private static let lag = "penstock_event_loop_lag_seconds"

    /// The texts under `# HELP`.
    package static let help = [
        beatAge: "How long ago the last beat that came back over the way that stops come by was sent.",
        beat: "From sending a beat until it came back over the way that stops come by.",
        roundTrip: "From sending a command to Redis until its answer, once a second on each event loop.",
        reconnects: "Connections to Redis that were made anew.",
        lag: "How late what an event loop is to do at a given time begins, four times a second on each event loop.",
    ]

    /// The upper bounds of its histograms.
    package static let buckets = [beat: quick, roundTrip: quick, lag: quick]

    private let ageGauge: Gauge
    private let beats: LoopHistogram
    private let roundTrips: LoopHistogram
    private let lags: LoopHistogram
    private let reconnections: [Counter]

    /// Those of the event loop with this number.
    package init(registry: PrometheusRegistry, loop: Int) {
        ageGauge = Gauge(label: Self.beatAge, dimensions: [("loop", "\(loop)")], factory: registry)
        beats = registry.loopHistogram(Self.beat)
        roundTrips = registry.loopHistogram(Self.roundTrip)
        lags = registry.loopHistogram(Self.lag)
        reconnections = ["commands", "subscriptions", "jobs"].map {
            Counter(label: Self.reconnects, dimensions: [("connection", $0)], factory: registry)
        }
    }

    /// The last beat heard is so old.
    func beatIsOld(_ nanoseconds: Int64) { ageGauge.record(Double(nanoseconds) / 1e9) }

    /// A beat came back.
    func beatHeard(after time: TimeAmount) { beats.record(time) }

    /// Redis answered.
    func answered(after time: TimeAmount) { roundTrips.record(time) }

    /// What was due at a time began so much later.
    func wasLate(by time: TimeAmount) { lags.record(time) }

    /// Connections have been made so often by now, and had been `before`.
    func connectionsMade(_ made: BrokerConnections.Made, before: BrokerConnections.Made) {
        let counts = [
            (made.commands, before.commands), (made.subscriptions, before.subscriptions), (made.jobs, before.jobs),
        ]
        for (counter, (now, before)) in zip(reconnections, counts) {
            // The first is no reconnection.
            let added = max(now, 1) - max(before, 1)
            if added > 0 { counter.increment(by: added) }
        }
    }
}

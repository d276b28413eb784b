package import Logging
package import Metrics
package import NIOCore
import ServiceLifecycle

/// Tells readiness whether Redis answers on every event loop of a node, and whether stops are heard there: by a beat that the node
/// sends itself each second through the very connections that carry stops. A node that is deaf is not ready, and has its
/// subscriptions made anew; see `BeatMonitor`.
///
/// It owns the conditions `redis` and `control_path`. It watches until the graceful shutdown, so put it before what is to drain.
package struct ControlPathWatch: Service, CustomStringConvertible {
    private let paths: [ControlPath]
    private let readiness: Readiness
    private let interval: TimeAmount
    private let ages: [Gauge]
    private let logger: Logger

    package var description: String { "control path" }

    /// The texts under `# HELP`.
    package static let help = [
        "penstock_control_path_beat_age_seconds":
            "How long ago the last beat that came back over the way that stops come by was sent."
    ]

    /// A watch on the brokers of `node`.
    package init(
        brokers: [any Broker], node: String, readiness: Readiness, metrics: any MetricsFactory, logger: Logger,
        interval: TimeAmount = .seconds(1)
    ) {
        paths = brokers.enumerated().map { index, broker in
            ControlPath(broker: broker, name: "\(node):\(index)", interval: interval, logger: logger)
        }
        ages = brokers.indices.map {
            Gauge(
                label: "penstock_control_path_beat_age_seconds", dimensions: [("loop", "\($0)")], factory: metrics)
        }
        self.readiness = readiness
        self.interval = interval
        self.logger = logger
    }

    /// Watches until the graceful shutdown, or until the task is cancelled.
    package func run() async throws {
        for path in paths { path.start() }
        defer { for path in paths { path.cancel() } }
        try? await cancelWhenGracefulShutdown {
            var verdict = ControlPathVerdict(redis: "not yet", control: "not yet")
            while true {
                let next = ControlPathVerdict(paths.map(\.report), interval: interval, now: .now())
                for (path, age) in zip(paths, ages) { age.record(Double(path.report.age) / 1e9) }
                tell(.redis, from: verdict.redis, to: next.redis)
                tell(.control, from: verdict.control, to: next.control)
                verdict = next
                try await Task.sleep(for: .nanoseconds(interval.nanoseconds / 4))
            }
        }
    }

    /// An obstacle is told each time, with its age; that it is gone only once, for others may have found another.
    private func tell(_ condition: Readiness.Condition, from old: String?, to new: String?) {
        switch (old, new) {
        case (nil, nil): break
        case (_?, nil):
            readiness.meet(condition)
            logger.notice("a condition is met", [.condition: "\(condition.rawValue)"])
        case (_, let reason?):
            readiness.obstruct(condition, because: reason)
            guard old == nil else { return }
            logger.warning(
                "a condition is not met", [.condition: "\(condition.rawValue)", .reason: "\(reason)"])
        }
    }
}

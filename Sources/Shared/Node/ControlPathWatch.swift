package import Logging
package import NIOCore
import ServiceLifecycle
private import Synchronization

/// Tells readiness whether Redis answers on every event loop of a node, and whether stops are heard there: by a beat that the node
/// sends itself each second through the very connections that carry stops. A node that is deaf is not ready, and has its
/// subscriptions made anew; see `BeatMonitor`.
///
/// When Redis is first reached, and when it is reached again, it also warns in the log of settings by which Redis may lose what it is
/// given. That does not make a node unready.
///
/// It owns the conditions `redis` and `control_path`. It watches until the graceful shutdown, so put it before what is to drain.
package struct ControlPathWatch: Service, CustomStringConvertible {
    private let paths: [ControlPath]
    private let brokers: [any Broker]
    private let reported = ReportedWeaknesses()
    private let readiness: Readiness
    private let interval: TimeAmount
    private let metrics: [ControlPathMetrics]
    private let logger: Logger

    package var description: String { "control path" }

    /// A watch on the brokers of `node`.
    package init(
        brokers: [any Broker], node: String, readiness: Readiness, metrics registry: PrometheusRegistry, logger: Logger,
        interval: TimeAmount = .seconds(1)
    ) {
        let metrics = brokers.indices.map { ControlPathMetrics(registry: registry, loop: $0) }
        paths = zip(brokers, metrics).enumerated().map { index, part in
            ControlPath(
                broker: part.0, name: "\(node):\(index)", interval: interval, metrics: part.1, logger: logger)
        }
        self.metrics = metrics
        self.brokers = brokers
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
                for (path, metrics) in zip(paths, metrics) { metrics.beatIsOld(path.report.age) }
                tell(.redis, from: verdict.redis, to: next.redis)
                if verdict.redis != nil, next.redis == nil { examine() }
                tell(.control, from: verdict.control, to: next.control)
                verdict = next
                try await Task.sleep(for: .nanoseconds(interval.nanoseconds / 4))
            }
        }
    }

    /// Warns of settings of Redis that may lose what it is given. At each connection, for another Redis may have become the master.
    private func examine() {
        brokers.first?.weaknesses().whenSuccess { [reported, logger] weaknesses in
            for weakness in reported.news(weaknesses) {
                logger.warning(
                    "Redis is set up so that it may lose what it is given",
                    [.setting: "\(weakness.setting)", .reason: "\(weakness.finding)"])
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

/// What was reported last, so that nothing is reported again because a connection broke.
private final class ReportedWeaknesses: Sendable {
    private let last = Mutex<[BrokerWeakness]>([])

    func news(_ weaknesses: [BrokerWeakness]) -> [BrokerWeakness] {
        last.withLock { last in
            defer { last = weaknesses }
            return weaknesses.filter { !last.contains($0) }
        }
    }
}

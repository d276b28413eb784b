package import NIOCore

/// What the control paths of a node, one per event loop, come to. Pure.
package struct ControlPathVerdict: Hashable, Sendable {
    /// Why commands do not reach Redis, or nil where they do.
    package var redis: String?
    /// Why stops may not be heard, or nil where they are.
    package var control: String?

    package init(redis: String?, control: String?) {
        self.redis = redis
        self.control = control
    }

    /// Judges reports, none of which should be older than a quarter of the interval.
    package init(_ reports: [ControlPath.Report], interval: TimeAmount, now: NIODeadline) {
        redis = Self.combined(reports.map { Self.redis($0) })
        control = Self.combined(reports.map { Self.control($0, stuckAfter: interval * 3, now: now) })
    }

    private static func redis(_ report: ControlPath.Report) -> String? {
        guard report.connections.commands else {
            return "Redis is not connected" + (report.connections.failure.map { ": \($0)" } ?? "")
        }
        switch report.status {
        case .unsent: return "Redis does not answer"
        case .unproven, .hearing, .deaf: return nil
        }
    }

    private static func control(
        _ report: ControlPath.Report, stuckAfter limit: TimeAmount, now: NIODeadline
    ) -> String? {
        let stuck = now - report.lookedAt
        if stuck > limit { return "an event loop has been stuck for \(seconds(stuck.nanoseconds)) s" }
        if let refusal = report.refusal { return "the beat may not be heard: \(refusal)" }
        let age = "the last beat that came back is \(seconds(report.age)) s old"
        guard report.connections.subscriptions else { return "stops are not heard: no connection; \(age)" }
        switch report.status {
        case .hearing: return nil
        case .unproven: return "no beat has come back yet"
        case .deaf(let missed): return "stops are not heard: \(missed) beats did not come back; \(age)"
        case .unsent(let missed):
            return "whether stops are heard is not known: \(missed) beats could not be sent; \(age)"
        }
    }

    /// The first obstacle, and on how many loops there is one.
    private static func combined(_ obstacles: [String?]) -> String? {
        let found = obstacles.compactMap { $0 }
        guard let first = found.first else { return nil }
        return obstacles.count == 1 ? first : "\(first) (\(found.count) of \(obstacles.count) event loops)"
    }

    private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 100_000_000) / 10 }
}

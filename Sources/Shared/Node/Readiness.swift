private import Synchronization

/// Whether a node should be sent work: a set of named conditions, each met or not for a reason. A node is ready when all are
/// met. May be used from any thread.
package final class Readiness: Sendable {
    /// What has to hold.
    package enum Condition: String, CaseIterable, Sendable {
        /// The node has come up.
        case started
        /// Commands reach Redis and are answered.
        case redis
        /// Stops are heard: the node's own beat comes back through its subscription.
        case control = "control_path"
        /// The node takes new work; it does not while it drains.
        case accepting
    }

    /// A condition's name and why it is not met; nil where it is.
    package typealias Report = [(condition: Condition, obstacle: String?)]

    private let obstacles: Mutex<[Condition: String]>
    private let conditions: [Condition]

    /// Conditions that are not met until they are reported.
    package init(_ conditions: [Condition] = Condition.allCases) {
        self.conditions = conditions
        obstacles = Mutex(Dictionary(conditions.map { ($0, "not yet") }, uniquingKeysWith: { $1 }))
    }

    /// Reports a condition as met.
    package func meet(_ condition: Condition) {
        obstacles.withLock { $0[condition] = nil }
    }

    /// Reports why a condition is not met. Returns whether it was met before.
    @discardableResult
    package func obstruct(_ condition: Condition, because reason: String) -> Bool {
        obstacles.withLock { $0.updateValue(reason, forKey: condition) == nil }
    }

    /// Whether every condition is met.
    package var isReady: Bool { obstacles.withLock { $0.isEmpty } }

    /// Every condition, at one instant.
    package var report: Report {
        let now = obstacles.withLock { $0 }
        let extra = now.keys.filter { !conditions.contains($0) }.sorted { $0.rawValue < $1.rawValue }
        return (conditions + extra).map { ($0, now[$0]) }
    }

    /// The report as JSON: `{"ready":false,"conditions":{"redis":{"met":false,"reason":"…"},…}}`.
    package static func json(_ report: Report) -> String {
        var text = "{\"ready\":\(report.allSatisfy { $0.obstacle == nil }),\"conditions\":{"
        for (index, entry) in report.enumerated() {
            text += index == 0 ? "" : ","
            text.appendJSONString(entry.condition.rawValue)
            text += ":{\"met\":\(entry.obstacle == nil)"
            if let obstacle = entry.obstacle {
                text += ",\"reason\":"
                text.appendJSONString(obstacle)
            }
            text += "}"
        }
        return text + "}}\n"
    }
}

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
    private let listeners = Mutex<[@Sendable () -> Void]>([])
    private let conditions: [Condition]

    /// Conditions that are not met until they are reported.
    package init(_ conditions: [Condition] = Condition.allCases) {
        self.conditions = conditions
        obstacles = Mutex(Dictionary(conditions.map { ($0, "not yet") }, uniquingKeysWith: { $1 }))
    }

    /// Reports a condition as met.
    package func meet(_ condition: Condition) {
        if obstacles.withLock({ $0.removeValue(forKey: condition) }) != nil { changed() }
    }

    /// Reports why a condition is not met. Returns whether it was met before.
    @discardableResult
    package func obstruct(_ condition: Condition, because reason: String) -> Bool {
        let wasMet = obstacles.withLock { $0.updateValue(reason, forKey: condition) == nil }
        if wasMet { changed() }
        return wasMet
    }

    /// Whether this condition is met.
    package func isMet(_ condition: Condition) -> Bool { obstacles.withLock { $0[condition] == nil } }

    /// Calls `body` each time a condition came to be met, or ceased to be, on the thread of whoever reported it; for as long as this lives.
    package func onChange(_ body: @escaping @Sendable () -> Void) { listeners.withLock { $0.append(body) } }

    private func changed() {
        for listener in listeners.withLock({ $0 }) { listener() }
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

package import Logging

/// Sets up the log of a process. Records go to standard error.
package enum NodeLogging {
    /// Makes `NodeLogHandler` the handler of every logger. Call it once, before the first logger is made.
    package static func bootstrap(level: Logger.Level, format: LogFormat) {
        LoggingSystem.bootstrap { label in NodeLogHandler(label: label, level: level, format: format) }
    }

    /// The logger of a node, after `bootstrap`: `node.id` on every record.
    package static func logger(for node: NodeID) -> Logger {
        Logger(label: "penstock-\(node.role.rawValue)").with([.nodeID: "\(node)"])
    }
}

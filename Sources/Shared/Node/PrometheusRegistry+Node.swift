extension PrometheusRegistry {
    /// The registry of a node: its own texts and bounds, and those of what every node has.
    package convenience init(nodeHelp help: [String: String], buckets: [String: [Double]] = [:]) {
        let shared = Self.nodeHelp
        self.init(
            help: shared.merging(help) { $1 }, buckets: ControlPathMetrics.buckets.merging(buckets) { $1 })
    }

    /// The texts under `# HELP` of what every node has, but for what the operating system knows.
    package static var nodeHelp: [String: String] {
        ControlPathMetrics.help.merging(QueueProbe.help) { $1 }.merging(droppedHelp) { $1 }
    }
}

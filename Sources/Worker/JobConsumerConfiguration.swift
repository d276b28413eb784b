/// What the consumer needs to know of its worker's settings.
package struct JobConsumerConfiguration: Sendable {
    /// Where jobs come from.
    package var queue: String
    /// How long jobs may run on when the node shuts down.
    package var drainTimeout: Duration
    /// What its jobs need to know.
    package var job: JobConfiguration

    package init(queue: String, drainTimeout: Duration = .seconds(30), job: JobConfiguration) {
        self.queue = queue
        self.drainTimeout = drainTimeout
        self.job = job
    }
}

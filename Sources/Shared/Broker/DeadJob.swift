/// A job that was put away because no worker could bring it to its end.
package struct DeadJob: Hashable, Sendable {
    /// Names it among the dead jobs of its queue.
    package var id: String
    package var queue: String
    /// Why: `deliveries` (it was delivered too often) or `unreadable`.
    package var reason: String
    /// How often it was given to a worker; unknown of one that cannot be read.
    package var deliveries: Int?
    /// The id it had in its queue.
    package var entryID: String
    package var requestID: RequestID?
    /// Nil where it cannot be read.
    package var job: GenerationJob?
    package var diedAt: Timestamp

    package init(
        id: String, queue: String, reason: String, deliveries: Int?, entryID: String, requestID: RequestID?,
        job: GenerationJob?, diedAt: Timestamp
    ) {
        self.id = id
        self.queue = queue
        self.reason = reason
        self.deliveries = deliveries
        self.entryID = entryID
        self.requestID = requestID
        self.job = job
        self.diedAt = diedAt
    }

    /// The request that asks once more for what this one asked for: a new one, whose id is always the same for the same dead
    /// job, so that a replay that is repeated joins itself. Its user's message has the failed answer as its parent. Nobody
    /// watches it, so nobody's absence stops it. Nil for a job that cannot be read.
    package var replay: Submission? {
        guard var job else { return nil }
        let failed = job.requestID
        job.requestID = ChildRequest(of: failed, salt: id).id
        job.disconnectGrace = nil
        // Whoever replays it waits for a worker as long as it takes.
        job.timeLimits?.queue = nil
        job.submittedAt = .now()
        return Submission(job: job, queue: queue, parentMessageID: failed.message, isNewSession: false)
    }
}

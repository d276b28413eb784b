package import Metrics
package import NIOCore
package import Shared

/// Every metric of the worker. Code calls the intents; names and labels are chosen here. Recording takes no lock on the token
/// path.
package final class WorkerMetrics: Sendable {
    private let factory: any MetricsFactory
    private let jobsTaken: Counter
    private let jobsReclaimed: Counter
    private let queueWait: Timer
    private let firstTokenWait: Timer
    private let entries: Counter
    private let entryTime: Timer
    private let running: Meter
    private let slots: Meter
    private let redisFailures: Counter

    /// The texts under `# HELP`.
    package static let help = [
        "penstock_worker_jobs_taken_total": "Jobs taken from the queue for the first time.",
        "penstock_worker_jobs_reclaimed_total": "Jobs taken over from workers that were silent or drained.",
        "penstock_worker_jobs_ended_total": "Jobs that left this worker, by how.",
        "penstock_worker_job_seconds": "From a job's arrival at this worker until it left.",
        "penstock_worker_queue_wait_seconds": "From submission until the generator was started.",
        "penstock_worker_first_token_seconds": "From submission until the first token.",
        "penstock_worker_entries_total": "Entries written to token logs.",
        "penstock_worker_entry_seconds": "From writing an entry until Redis had it.",
        "penstock_worker_stop_seconds": "From hearing a stop until the generator had ended.",
        "penstock_worker_running_jobs": "Jobs running now.",
        "penstock_worker_slots": "Jobs that may run at once.",
        "penstock_worker_redis_failures_total": "Attempts to take jobs that Redis did not answer.",
    ]

    /// Metrics made by `factory`.
    package init(factory: any MetricsFactory) {
        self.factory = factory
        jobsTaken = Counter(label: "penstock_worker_jobs_taken_total", factory: factory)
        jobsReclaimed = Counter(label: "penstock_worker_jobs_reclaimed_total", factory: factory)
        queueWait = Timer(label: "penstock_worker_queue_wait_seconds", factory: factory)
        firstTokenWait = Timer(label: "penstock_worker_first_token_seconds", factory: factory)
        entries = Counter(label: "penstock_worker_entries_total", factory: factory)
        entryTime = Timer(label: "penstock_worker_entry_seconds", factory: factory)
        running = Meter(label: "penstock_worker_running_jobs", factory: factory)
        slots = Meter(label: "penstock_worker_slots", factory: factory)
        redisFailures = Counter(label: "penstock_worker_redis_failures_total", factory: factory)
    }

    /// The worker has so many slots.
    package func slotsOffered(_ count: Int) { slots.set(Int64(count)) }

    /// Jobs came from the queue.
    package func jobsTaken(_ count: Int) { jobsTaken.increment(by: count) }

    /// Jobs came from other workers.
    package func jobsReclaimed(_ count: Int) { jobsReclaimed.increment(by: count) }

    /// So many jobs run now.
    package func runningJobs(_ count: Int) { running.set(Int64(count)) }

    /// Redis did not answer the consumer.
    package func takeFailed() { redisFailures.increment() }

    /// The generator of a job that was submitted at `submittedAt` starts. The clocks of two hosts are compared.
    package func jobStarted(waited submittedAt: Timestamp) {
        queueWait.recordNanoseconds(Self.nanoseconds(since: submittedAt))
    }

    /// The first token of a job that was submitted at `submittedAt`. The clocks of two hosts are compared.
    package func firstToken(waited submittedAt: Timestamp) {
        firstTokenWait.recordNanoseconds(Self.nanoseconds(since: submittedAt))
    }

    /// An entry is in the log.
    package func entryWritten(in time: TimeAmount) {
        entries.increment()
        entryTime.recordNanoseconds(time.nanoseconds)
    }

    /// A generator ended because of a stop.
    package func stopObserved(in time: TimeAmount, mode: StopIntent.Mode) {
        Timer(label: "penstock_worker_stop_seconds", dimensions: [("mode", mode.rawValue)], factory: factory)
            .recordNanoseconds(time.nanoseconds)
    }

    /// A job left the worker.
    package func jobEnded(state: String, after time: TimeAmount) {
        Counter(label: "penstock_worker_jobs_ended_total", dimensions: [("state", state)], factory: factory).increment()
        Timer(label: "penstock_worker_job_seconds", dimensions: [("state", state)], factory: factory)
            .recordNanoseconds(time.nanoseconds)
    }

    private static func nanoseconds(since moment: Timestamp) -> Int64 {
        // A job may name any year as that of its submission.
        min(max(Timestamp.now().microseconds - moment.microseconds, 0), Int64.max / 1000) * 1000
    }
}

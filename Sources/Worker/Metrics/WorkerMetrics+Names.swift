extension WorkerMetrics {
    /// The names of all metrics of a worker but those of `GenerationMetrics`.
    enum Name {
        static let jobsTaken = "penstock_worker_jobs_taken_total"
        static let jobsReclaimed = "penstock_worker_jobs_reclaimed_total"
        static let takeovers = "penstock_worker_takeovers_total"
        static let buried = "penstock_worker_jobs_buried_total"
        static let jobsEnded = "penstock_worker_jobs_ended_total"
        static let jobTime = "penstock_worker_job_seconds"
        static let running = "penstock_worker_running_jobs"
        static let slots = "penstock_worker_slots"
        static let freeSlots = "penstock_worker_free_slots"
        static let queueWait = "penstock_worker_queue_wait_seconds"
        static let firstToken = "penstock_worker_first_token_seconds"
        static let entries = "penstock_worker_entries_total"
        static let entryTime = "penstock_worker_entry_seconds"
        static let tokens = "penstock_worker_tokens_total"
        static let vainTokens = "penstock_worker_vain_tokens_total"
        static let savedTokens = "penstock_worker_saved_tokens_total"
        static let stopTime = "penstock_worker_stop_seconds"
        static let stopObserved = "penstock_worker_stop_observed_seconds"
        static let redisFailures = "penstock_worker_redis_failures_total"
    }

    /// The texts under `# HELP`.
    package static let help = [
        Name.jobsTaken: "Jobs taken from the queue for the first time.",
        Name.jobsReclaimed: "Jobs taken over from workers that were silent or drained.",
        Name.takeovers: "Requests begun by another attempt that this worker claimed.",
        Name.buried: "Jobs put away among the dead ones.",
        Name.jobsEnded: "Jobs that left this worker, by how, and by who stopped them.",
        Name.jobTime: "From a job's arrival at this worker until it left.",
        Name.running: "Jobs running now.",
        Name.slots: "Jobs that may run at once.",
        Name.freeSlots: "Jobs that would be taken now; 0 while the worker drains.",
        Name.queueWait: "From submission until the generator was started.",
        Name.firstToken: "From submission until the first token.",
        Name.entries: "Entries written to token logs, or batches of entries.",
        Name.entryTime: "From writing an entry until Redis had it.",
        Name.tokens: "Tokens that generators said.",
        Name.vainTokens: "Tokens that generators said and no answer has, because of a stop.",
        Name.savedTokens: "Tokens that stops spared, where the total was known.",
        Name.stopTime: "From hearing a stop until the generator had ended, by what the stop met.",
        Name.stopObserved: "From the recording of a stop until the generator had ended, by the clock of Redis.",
        Name.redisFailures: "Attempts to take jobs that Redis did not answer.",
    ].merging(GenerationMetrics.help) { $1 }

    /// The upper bounds of histograms.
    package static let buckets = GenerationMetrics.buckets
}

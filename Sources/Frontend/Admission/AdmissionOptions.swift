import ArgumentParser

/// The flags that say how much is let in. What they mean, their defaults and ranges: `AdmissionConfiguration`.
struct AdmissionOptions: ParsableArguments {
    @Option(help: "Requests that may wait in the queue, 0 for any number (default 20000).")
    var maxQueueLength: String?

    @Option(help: "How long a request may wait for a worker, 0 for any time (default 10m).")
    var maxQueueTime: String?

    @Option(help: "How long a request may take in all, 0 for any time (default 24h).")
    var maxDuration: String?

    /// Every flag, given or not.
    var flags: [String: String?] {
        ["max-queue-length": maxQueueLength, "max-queue-time": maxQueueTime, "max-duration": maxDuration]
    }
}

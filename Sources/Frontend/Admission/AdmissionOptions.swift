import ArgumentParser

/// The flags that say how much is let in. What they mean, their defaults and ranges: `AdmissionConfiguration`.
struct AdmissionOptions: ParsableArguments {
    @Option(help: "Requests that may wait in the queue, 0 for any number (default 20000).")
    var maxQueueLength: String?

    /// Every flag, given or not.
    var flags: [String: String?] { ["max-queue-length": maxQueueLength] }
}

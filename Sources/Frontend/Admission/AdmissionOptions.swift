import ArgumentParser

/// The flags that say how much is let in. What they mean, their defaults and ranges: `AdmissionConfiguration`.
struct AdmissionOptions: ParsableArguments {
    @Option(help: "Requests that may wait in the queue, 0 for any number (default 20000).")
    var maxQueueLength: String?

    @Option(help: "How long a request may wait for a worker, 0 for any time (default 10m).")
    var maxQueueTime: String?

    @Option(help: "How long a request may take in all, 0 for any time (default 24h).")
    var maxDuration: String?

    @Option(help: "Open requests of one owner at all frontends, 0 for any number (default 1000; without a key: any).")
    var maxOwnerRequests: String?

    @Option(
        help: "How fast one owner may send here: 5/s, 100/m, 1000/h, 0 for any (default 100/s; without a key: any).")
    var ownerRate: String?

    @Option(help: "How many one owner may send at once (default 1000; of a rate that is given, its number).")
    var ownerBurst: String?

    @Option(help: "How fast one connection may send requests, 0 for any (default 0).")
    var connectionRate: String?

    @Option(help: "How many one connection may send at once (default: the number of the rate).")
    var connectionBurst: String?

    @Option(help: "How fast events of one connection are read, 0 for any (default 5000/s).")
    var eventRate: String?

    @Option(help: "How many of them are read at once (default 20000).")
    var eventBurst: String?

    /// Every flag, given or not.
    var flags: [String: String?] {
        [
            "max-queue-length": maxQueueLength, "max-queue-time": maxQueueTime, "max-duration": maxDuration,
            "max-owner-requests": maxOwnerRequests, "owner-rate": ownerRate, "owner-burst": ownerBurst,
            "connection-rate": connectionRate, "connection-burst": connectionBurst, "event-rate": eventRate,
            "event-burst": eventBurst,
        ]
    }
}

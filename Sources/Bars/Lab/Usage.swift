import NIOCore

/// Processor time by who has spent it, in seconds: since each began, or, as the difference of two, between two moments. Pure.
struct Usage: Hashable, Sendable {
    /// The moment on a clock of this host, or the time between two.
    var seconds: Double
    var redis: Double
    /// All frontends together, and all workers.
    var frontend: Double
    var worker: Double
    /// This process and whichever client it has started.
    var client: Double
    /// All cores, whoever it was.
    var machine: Double

    static func - (end: Usage, start: Usage) -> Usage {
        Usage(
            seconds: end.seconds - start.seconds, redis: end.redis - start.redis,
            frontend: end.frontend - start.frontend, worker: end.worker - start.worker,
            client: end.client - start.client, machine: end.machine - start.machine)
    }

    /// The share of all cores that were busy, whoever it was with, 0 to 1.
    func busy(cores: Int) -> Double { seconds > 0 ? machine / seconds / Double(cores) : 0 }

    /// The share of all cores that processes have taken that are none of this run, 0 to 1.
    func others(cores: Int) -> Double {
        guard seconds > 0 else { return 0 }
        return max(machine - redis - frontend - worker - client, 0) / seconds / Double(cores)
    }

    /// Who took how much of a core.
    var shares: String {
        func share(_ time: Double) -> String { "\((time / max(seconds, 1e-9) * 100).decimal(0)) %" }
        return "Redis \(share(redis)), worker \(share(worker)), frontend \(share(frontend)), client \(share(client))"
    }
}

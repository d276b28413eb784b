import ArgumentParser

/// What the commands exit with. 64 is a wrong command line (`EX_USAGE`).
enum ExitStatus {
    /// It did what it was asked; a request completed, or a stop is settled.
    static let success = ExitCode(0)
    /// It could not: no connection, a failed request, a check that found a fault.
    static let failure = ExitCode(1)
    /// The request was stopped, by whomever.
    static let cancelled = ExitCode(2)
    /// The stop is recorded, but the request has not ended within the wait.
    static let pending = ExitCode(3)
    /// There is no such request or message.
    static let unknown = ExitCode(4)
    /// Ctrl-C or SIGTERM before it was done (as shells count: 128 + 2).
    static let interrupted = ExitCode(130)
}

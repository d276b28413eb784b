private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Threads of the runtime block all signals, which a process that they start would inherit: it would hear no SIGTERM, and a shell
/// would wait for its child for ever.
///
/// And one process is started after the other: Foundation notices the end of a process by a descriptor that another one inherits which is
/// started in the same moment. Then the end of the first would not be noticed before that of the second.
package enum UnblockedSignals {
    private static let turn = Mutex(())

    /// Runs `body`, which starts a process, with no signal blocked. Blocks while another is started.
    package static func with(_ body: () throws -> Void) rethrows {
        try turn.withLock { _ in try unblocked(body) }
    }

    private static func unblocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Threads of the runtime block all signals, which a process that they start would inherit: it would hear no SIGTERM, and a shell
/// would wait for its child for ever.
package enum UnblockedSignals {
    /// Runs `body`, which starts a process, with no signal blocked.
    package static func with(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}

package import Logging
package import ServiceLifecycle
private import UnixSignals

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Runs a node's services until they end or a signal does: the first SIGTERM or SIGINT lets them shut down gracefully, a
/// second one ends the process at once with status 128 + signal.
package enum SignalHandling {
    /// Runs services, which start in this order and shut down in the reverse. Throws what a service throws.
    package static func run(_ services: [any Service], logger: Logger) async throws {
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: logger))
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                var isShuttingDown = false
                for await signal in signals {
                    if isShuttingDown { _exit(128 + signal.rawValue) }
                    isShuttingDown = true
                    logger.notice("shutting down; a second signal exits at once", [.signal: "\(signal)"])
                    await group.triggerGracefulShutdown()
                }
            }
            tasks.addTask { try await group.run() }
            defer { tasks.cancelAll() }
            _ = try await tasks.next()
        }
    }
}

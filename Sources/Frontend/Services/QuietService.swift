import Logging
import ServiceLifecycle
import Shared
import Synchronization

/// The first step of a frontend's stop: it takes nothing new, and leaves its requests to their viewers elsewhere.
///
/// It is the last service to start, and so the first to stop.
final class QuietService: Service, CustomStringConvertible {
    private let readiness: Readiness
    private let loops: FrontendLoops
    private let logger: Logger
    private let quiet = Atomic<Bool>(false)

    init(readiness: Readiness, loops: FrontendLoops, logger: Logger) {
        self.readiness = readiness
        self.loops = loops
        self.logger = logger
    }

    var description: String { "quiet" }

    /// Whether the node stops.
    var isQuiet: Bool { quiet.load(ordering: .relaxed) }

    func run() async throws {
        try? await gracefulShutdown()
        quiet.store(true, ordering: .relaxed)
        readiness.obstruct(.accepting, because: "draining")
        logger.notice("draining: clients are sent elsewhere", [:])
        try await loops.forEach { $0.registry.drain() }
    }
}

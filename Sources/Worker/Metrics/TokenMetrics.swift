package import NIOCore
import Shared

/// What a worker counts per token or entry, on one event loop. Bound to that loop: nothing locks, and nothing is looked up.
package final class TokenMetrics: Sendable {
    private let tokens: LoopCounter
    private let vainTokens: LoopCounter
    private let entries: LoopCounter
    private let entryTimes: LoopHistogram

    init(registry: PrometheusRegistry) {
        tokens = registry.loopCounter(WorkerMetrics.Name.tokens)
        vainTokens = registry.loopCounter(WorkerMetrics.Name.vainTokens)
        entries = registry.loopCounter(WorkerMetrics.Name.entries)
        entryTimes = registry.loopHistogram(WorkerMetrics.Name.entryTime)
    }

    /// A generator said so many.
    package func said(_ count: Int) { tokens.add(count) }

    /// An entry, or several at once, is in the log.
    package func entryWritten(in time: TimeAmount) {
        entries.add(1)
        entryTimes.record(time)
    }

    /// So many of those that were said are in no answer, because of a stop.
    package func inVain(_ count: Int) { vainTokens.add(count) }
}

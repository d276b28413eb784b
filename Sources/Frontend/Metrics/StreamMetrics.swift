import NIOCore
import Shared

/// What the streams of one event loop count per chunk. Bound to that loop: nothing locks, and nothing is looked up.
final class StreamMetrics: Sendable {
    /// When the chunks of one stream were sent.
    struct Pace {
        /// When its message arrived; nil for one that was sent before or elsewhere.
        var askedAt: NIODeadline?
        fileprivate var lastAt: NIODeadline?
        fileprivate var lastWrite = 0

        init(askedAt: NIODeadline? = nil) { self.askedAt = askedAt }
    }

    private let chunks: LoopCounter
    private let chunkBytes: LoopCounter
    private let gaps: LoopHistogram
    private let firstChunks: LoopHistogram
    private let outboundBytes: LoopCounter

    init(registry: PrometheusRegistry) {
        chunks = registry.loopCounter(FrontendMetrics.Name.chunks)
        chunkBytes = registry.loopCounter(FrontendMetrics.Name.chunkBytes)
        gaps = registry.loopHistogram(FrontendMetrics.Name.chunkGap)
        firstChunks = registry.loopHistogram(FrontendMetrics.Name.firstChunk)
        outboundBytes = registry.loopGauge(FrontendMetrics.Name.outboundBytes)
    }

    /// A chunk leaves with the `write`th write of its connection. The clock is read once for all chunks of a stream in one write.
    func chunkSent(bytes: Int, _ pace: inout Pace, write: Int, now: @autoclosure () -> NIODeadline) {
        chunks.add(1)
        chunkBytes.add(bytes)
        if pace.lastAt != nil, pace.lastWrite == write { return gaps.record(.zero) }
        let now = now()
        if let lastAt = pace.lastAt {
            gaps.record(now - lastAt)
        } else if let askedAt = pace.askedAt {
            firstChunks.record(now - askedAt)
        }
        pace.lastAt = now
        pace.lastWrite = write
    }

    /// So many bytes more wait for a client, or fewer.
    func outboundChanged(by bytes: Int) { outboundBytes.add(bytes) }
}

/// Counts the bytes that wait for one client, and tells when its streams must pause, go on, or be given up.
///
/// Policy: a slow client's streams pause (it costs a cursor, not a buffer); beyond `readPause` its commands wait as well; a
/// client that takes nothing for `stallTimeout` is disconnected. So what waits is bounded by `readPause`, and by what one read of
/// commands can ask for.
package struct OutboundQueue {
    package struct Limits: Hashable, Sendable {
        /// Bytes above which the streams pause.
        var high = 256 * 1024
        /// Bytes below which they go on.
        var low = 64 * 1024
        /// Bytes above which nothing more is read from the client.
        var readPause = 1024 * 1024
        /// Nanoseconds without progress after which the client is given up.
        var stallTimeout: Int64 = 60_000_000_000

        /// What applies where nothing else is set.
        package static let standard = Limits()
    }

    package enum Action: Hashable {
        case none
        case pauseStreams
        case resumeStreams
    }

    let limits: Limits
    /// Bytes that wait: in our buffer, in the channel's, or in both.
    package private(set) var waiting = 0
    /// Whether the streams are paused.
    private(set) var isPaused = false
    private var lastProgress: Int64 = 0

    package init(limits: Limits) { self.limits = limits }

    /// Whether the client's commands must wait.
    var pausesReads: Bool { waiting > limits.readPause }

    /// Bytes were queued. `now` in nanoseconds, of a clock that only grows.
    package mutating func appended(_ bytes: Int, now: @autoclosure () -> Int64) -> Action {
        if waiting == 0 { lastProgress = now() }
        waiting += bytes
        guard !isPaused, waiting > limits.high else { return .none }
        isPaused = true
        return .pauseStreams
    }

    /// Bytes left for the client's kernel.
    package mutating func written(_ bytes: Int, now: Int64) -> Action {
        waiting -= bytes
        lastProgress = now
        guard isPaused, waiting < limits.low else { return .none }
        isPaused = false
        return .resumeStreams
    }

    /// When the client is to be given up if nothing is written before; nil when nothing waits.
    var stallDeadline: Int64? { waiting > 0 ? lastProgress + limits.stallTimeout : nil }
}

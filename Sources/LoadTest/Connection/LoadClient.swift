import Shared

/// One client: whoever keeps a connection, to one frontend after the other, and reads answers on it. Bound to the loop of its shard.
final class LoadClient {
    /// When it was last due to connect, on the monotonic clock.
    var connectDue: UInt64 = 0
    var connection: LoadConnection?
    /// Counts attempts to connect, begun and failed, so that the failure of one is told once.
    var attempt = 0
    /// Whether `connection.ready` came.
    var isReady = false
    /// The frontend it connects to next, and whoever it is connected to.
    var url: Int
    /// Its answers, by their slots.
    var slots: [Int] = []
    /// Whether it stands in the queue of those that have room.
    var isQueued = false
    /// How many of its answers are read slowly.
    var slowReads = 0
    var backoff = Backoff(minimum: 50_000_000, maximum: 2_000_000_000)

    init(url: Int) { self.url = url }
}

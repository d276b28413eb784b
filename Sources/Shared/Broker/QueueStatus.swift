package import NIOCore

/// How a queue stood at one instant.
package struct QueueStatus: Hashable, Sendable {
    /// Jobs that no worker has taken. Those that ended in the queue count until a worker passes over them.
    package var waiting: Int
    /// Jobs that workers have taken and not acknowledged.
    package var taken: Int
    /// How long ago the oldest request was accepted that waits and has not ended, by the broker's clock; zero where none does. Where the
    /// first sixteen jobs have all ended it is that of the sixteenth, or nil where nothing is known of it any more.
    package var oldestAge: TimeAmount?

    package init(waiting: Int, taken: Int, oldestAge: TimeAmount?) {
        self.waiting = waiting
        self.taken = taken
        self.oldestAge = oldestAge
    }
}

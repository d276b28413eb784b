private import Synchronization

/// A number that one event loop changes and any thread reads. A change costs a load and a store, and shares no cache line's lock with
/// other loops: made for what is counted per token. Of changes made on two threads at a time one is lost.
package final class LoopCounter: Sendable {
    private let value = Atomic<Int64>(0)

    /// One that is in no registry.
    package init() {}

    /// Adds to it. On its event loop only.
    package func add(_ amount: Int) {
        value.store(value.load(ordering: .relaxed) &+ Int64(amount), ordering: .relaxed)
    }

    /// The number now. From any thread.
    package var current: Int64 { value.load(ordering: .relaxed) }
}

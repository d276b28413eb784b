import NIOCore
package import NIOPosix
private import Synchronization

/// Tells when a turn of an event loop is over, so that what comes next comes behind what the loop reads from its connections.
///
/// A loop runs everything that is enqueued, also what is enqueued meanwhile, before it looks at its connections again: work that
/// enqueues itself anew keeps them waiting for ever. What waits for the end of the turn does not.
///
/// Give it to the `MultiThreadedEventLoopGroup` as the delegate for its metrics.
package final class EventLoopTurns: NIOEventLoopMetricsDelegate {
    private let observers = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    package init() {}

    /// Calls `observer` on the loop at the end of each of its turns, for good. In place of an earlier one.
    func onEnd(of eventLoop: any EventLoop, _ observer: @escaping @Sendable () -> Void) {
        observers.withLock { $0[ObjectIdentifier(eventLoop)] = observer }
    }

    package func processedTick(info: NIOEventLoopTickInfo) {
        observers.withLock { $0[info.eventLoopID] }?()
    }
}

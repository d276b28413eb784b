package import NIOCore
package import Shared

/// One event loop of the worker with all that its jobs use: they run on it, and talk to Redis from it.
package struct Shard: Sendable {
    /// The connections of this loop.
    package let broker: any Broker
    /// Runs tasks on this loop.
    package let executor: EventLoopTaskExecutor
    /// What the generators of this loop wait for.
    package let timers: PaceTimers

    /// The loop of `broker`.
    package var eventLoop: any EventLoop { broker.eventLoop }

    /// The shard of a broker's loop, fair to its connections where the turns of the loop are told.
    package init(broker: any Broker, turns: EventLoopTurns? = nil) {
        self.broker = broker
        self.executor = EventLoopTaskExecutor(broker.eventLoop, turns: turns)
        self.timers = PaceTimers(eventLoop: broker.eventLoop)
    }
}

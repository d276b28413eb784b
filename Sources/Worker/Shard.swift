package import NIOCore
package import Shared
private import Synchronization

/// One event loop of the worker with all that its jobs use: they run on it, and talk to Redis from it.
package struct Shard: Sendable {
    /// The connections of this loop.
    package let broker: any Broker
    /// Runs tasks on this loop.
    package let executor: EventLoopTaskExecutor
    /// What the generators of this loop wait for.
    package let timers: PaceTimers
    private let load = Load()

    /// The loop of `broker`.
    package var eventLoop: any EventLoop { broker.eventLoop }

    /// The shard of a broker's loop, fair to its connections where the turns of the loop are told.
    package init(broker: any Broker, turns: EventLoopTurns? = nil) {
        self.broker = broker
        self.executor = EventLoopTaskExecutor(broker.eventLoop, turns: turns)
        self.timers = PaceTimers(eventLoop: broker.eventLoop)
    }

    /// How many jobs run on this loop. May be asked from anywhere.
    package var jobs: Int { load.jobs.load(ordering: .relaxed) }

    /// A job begins here.
    package func began() { load.jobs.add(1, ordering: .relaxed) }

    /// A job that began here has ended.
    package func ended() { load.jobs.subtract(1, ordering: .relaxed) }

    private final class Load: Sendable {
        let jobs = Atomic(0)
    }
}

extension [Shard] {
    /// The one with the fewest jobs; of several the first: on an idle worker the consumer's own, so that no other thread need be woken.
    package var leastLoaded: Shard {
        self.min { $0.jobs < $1.jobs } ?? self[0]
    }
}

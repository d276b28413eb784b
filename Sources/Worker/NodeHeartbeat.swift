private import NIOCore
import ServiceLifecycle
package import Shared

/// Shows the worker in the list of nodes, with what it runs, every two seconds and when it begins to drain, and takes it off at
/// the end.
///
/// Its shutdown is not the drain's: it goes on until it is cancelled, so put it before the consumer among the services.
package struct NodeHeartbeat: Service {
    private let broker: any Broker
    private let record: NodeRecord
    private let running: RunningJobs
    private let interval: Duration

    package init(broker: any Broker, record: NodeRecord, running: RunningJobs, interval: Duration = .seconds(2)) {
        self.broker = broker
        self.record = record
        self.running = running
        self.interval = interval
    }

    /// Announces the node until the shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var record = record
                record.running = running.requests
                record.isDraining = running.draining.isOpen
                // Without an answer the node fades from the list, which is the truth.
                try? await broker.announce(record).get(patience: .zero)
                await intervalOrDrain(isKnown: record.isDraining)
            }
        }
        // Where Redis is away the node fades from the list by itself.
        try? await broker.retire(record.id).get(within: .seconds(1))
    }

    /// Other workers are to know at once that this one drains.
    private func intervalOrDrain(isKnown: Bool) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: interval) }
            if !isKnown { group.addTask { await running.draining.wait() } }
            await group.next()
            group.cancelAll()
        }
    }
}

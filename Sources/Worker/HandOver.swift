private import NIOCore
package import Shared

/// Finds out how many jobs of a draining worker others could take now.
///
/// Two things must be so: somebody hears of released jobs (a worker that died does not, from the moment its connection broke),
/// and the list of nodes shows free slots at workers of the queue that do not drain.
package struct HandOver: Sendable {
    private let broker: any Broker
    private let queue: String
    private let worker: String

    /// How long Redis may take to tell.
    private static let patience = TimeAmount.milliseconds(500)

    /// For `worker`, which has itself stopped to listen for released jobs.
    package init(broker: any Broker, queue: String, worker: String) {
        self.broker = broker
        self.queue = queue
        self.worker = worker
    }

    /// Free slots of others; 0 where there is nobody, or Redis does not say.
    package func room() async -> Int {
        do {
            let (takers, nodes) = try await broker.takers(of: queue).and(broker.nodes()).get(within: Self.patience)
            return takers > 0 ? Self.freeSlots(of: nodes, queue: queue, besides: worker) : 0
        } catch {
            return 0
        }
    }

    /// The free slots at the workers of `queue` that take jobs.
    package static func freeSlots(of nodes: [NodeRecord], queue: String, besides worker: String) -> Int {
        nodes.reduce(0) { sum, node in
            guard node.role == .worker, node.queue == queue, node.id != worker, !node.isDraining else { return sum }
            return sum + max((node.slots ?? 0) - node.running.count, 0)
        }
    }
}

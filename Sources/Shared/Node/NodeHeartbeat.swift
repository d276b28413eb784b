package import Logging
private import NIOCore
import ServiceLifecycle

/// Shows a node in the list of nodes, again and again while it is to be shown, and takes it off at the end.
///
/// A node that was on the list and is not any more tells that Redis has lost its data, though no connection may have broken
/// (`FLUSHALL`): then every subscription of the node is made anew, and whoever has one asks whether what it follows is still there.
///
/// Its shutdown is not the drain's: it goes on until it is cancelled, so put it before what drains among the services.
package struct NodeHeartbeat: Service, CustomStringConvertible {
    private let brokers: [any Broker]
    private let interval: Duration
    private let logger: Logger
    private let record: @Sendable () -> NodeRecord?
    private let change: @Sendable (NodeRecord) async -> Void

    /// How often it is asked whether the node is to be shown now.
    private static let shortInterval = Duration.milliseconds(250)

    package var description: String { "heartbeat" }

    /// `record` is the node as it stands, or nil while it is not to be shown; `change` returns when what was shown is out of date before
    /// the interval is over, or the task is cancelled. `brokers` are all of the node; the first one shows it.
    package init(
        brokers: [any Broker], interval: Duration = .seconds(2), logger: Logger,
        record: @escaping @Sendable () -> NodeRecord?,
        change: @escaping @Sendable (NodeRecord) async -> Void = { _ in try? await Task.sleep(for: .seconds(86_400)) }
    ) {
        precondition(!brokers.isEmpty, "a node has a broker")
        self.brokers = brokers
        self.interval = interval
        self.logger = logger
        self.record = record
        self.change = change
    }

    /// Announces the node until the shutdown.
    package func run() async throws {
        let last = await cancelWhenGracefulShutdown { await announce() }
        // Where Redis is away the node fades from the list by itself.
        if let last { try? await brokers[0].retire(last.id).get(within: .seconds(1)) }
    }

    /// Returns what was shown last.
    private func announce() async -> NodeRecord? {
        var last: NodeRecord?
        while !Task.isCancelled {
            guard let record = record() else {
                try? await Task.sleep(for: Self.shortInterval)
                continue
            }
            // Without an answer the node fades from the list, which is the truth.
            if let wasListed = try? await brokers[0].announce(record).get(patience: .zero) {
                if last != nil, !wasListed { lostData() }
                last = record
            }
            await intervalOrChange(record)
        }
        return last
    }

    private func lostData() {
        logger.warning(
            "this node is not on its list any more: Redis has lost its data, or had none of this node for long", [:])
        for broker in brokers {
            broker.eventLoop.execute { broker.renewSubscriptions(because: "Redis has lost its data") }
        }
    }

    private func intervalOrChange(_ record: NodeRecord) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: interval) }
            group.addTask { await change(record) }
            await group.next()
            group.cancelAll()
        }
    }
}

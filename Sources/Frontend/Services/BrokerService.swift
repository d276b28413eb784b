import Logging
import NIOCore
import ServiceLifecycle
import Shared

/// Keeps the brokers of a node: shows the node as alive while it is ready, and closes them at the end.
struct BrokerService: Service, CustomStringConvertible {
    let brokers: [RedisBroker]
    let readiness: Readiness
    let record: NodeRecord
    let logger: Logger

    /// How often the node is announced, and how often that is tried until it is ready.
    private static let period = Duration.seconds(3)
    private static let shortPeriod = Duration.milliseconds(250)

    var description: String { "brokers" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                let isAnnounced = await announce()
                try? await Task.sleep(for: isAnnounced ? Self.period : Self.shortPeriod)
            } while !Task.isCancelled
        }
        if let broker = brokers.first { try? await broker.retire(record.id).get() }
        for broker in brokers { await broker.close() }
    }

    /// Whether it was announced. A failure is told by the readiness; the next announcement makes it good.
    private func announce() async -> Bool {
        guard readiness.isReady, let broker = brokers.first else { return false }
        return (try? await broker.announce(record).get()) != nil
    }
}

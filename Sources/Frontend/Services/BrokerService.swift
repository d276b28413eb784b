import Logging
import NIOCore
import ServiceLifecycle
import Shared

/// Keeps the brokers of a node: tells whether they are connected, shows the node as alive, and closes them at the end.
struct BrokerService: Service, CustomStringConvertible {
    let brokers: [RedisBroker]
    let readiness: Readiness
    let record: NodeRecord
    let logger: Logger

    /// How often the connections are looked at.
    private static let period = Duration.milliseconds(250)
    /// The node is announced as soon as it is ready, and then every so many times.
    private static let announceEvery = 12

    var description: String { "brokers" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var sinceAnnounced = Self.announceEvery
            repeat {
                await look()
                sinceAnnounced += 1
                if sinceAnnounced >= Self.announceEvery, await announce() { sinceAnnounced = 0 }
                try? await Task.sleep(for: Self.period)
            } while !Task.isCancelled
        }
        readiness.obstruct(.redis, because: "stopping")
        if let broker = brokers.first { try? await broker.retire(record.id).get() }
        for broker in brokers { await broker.close() }
    }

    private func look() async {
        var connected = 0
        for broker in brokers {
            if (try? await broker.eventLoop.submit { broker.isConnected }.get()) ?? false { connected += 1 }
        }
        if connected == brokers.count {
            readiness.meet(.redis)
        } else if readiness.obstruct(.redis, because: "\(connected) of \(brokers.count) connections stand") {
            logger.warning("Redis cannot be reached", [.condition: "redis"])
        }
    }

    /// Whether it was announced. A failure is told by the readiness; the next announcement makes it good.
    private func announce() async -> Bool {
        guard readiness.isReady, let broker = brokers.first else { return false }
        return (try? await broker.announce(record).get()) != nil
    }
}

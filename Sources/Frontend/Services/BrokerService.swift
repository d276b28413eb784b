import ServiceLifecycle
import Shared

/// Closes the brokers of a node at the end: put it before whatever uses them.
struct BrokerService: Service, CustomStringConvertible {
    let brokers: [RedisBroker]

    var description: String { "brokers" }

    func run() async throws {
        try? await gracefulShutdown()
        for broker in brokers { await broker.close() }
    }
}

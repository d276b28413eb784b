private import NIOCore
import ServiceLifecycle
package import Shared

/// Tells readiness whether Redis answers on every event loop of the worker, and whether stops are heard there. A worker that is deaf
/// to stops takes no new work from whoever looks at its readiness.
package struct BrokerWatch: Service {
    private let brokers: [RedisBroker]
    private let readiness: Readiness
    private let interval: Duration

    package init(brokers: [RedisBroker], readiness: Readiness, interval: Duration = .milliseconds(250)) {
        self.brokers = brokers
        self.readiness = readiness
        self.interval = interval
    }

    /// Watches until the task is cancelled, which is after the drain.
    package func run() async throws {
        readiness.meet(.started)
        try? await cancelWhenGracefulShutdown {
            while true {
                await look()
                try await Task.sleep(for: interval)
            }
        }
    }

    private func look() async {
        for broker in brokers {
            let isConnected = try? await broker.eventLoop.submit { broker.isConnected }.get()
            guard isConnected == true else {
                readiness.obstruct(.redis, because: "Redis is not connected")
                readiness.obstruct(.control, because: "stops are not heard")
                return
            }
            do {
                try await broker.ping().get(patience: .zero)
            } catch {
                readiness.obstruct(.redis, because: "Redis does not answer")
                return
            }
        }
        readiness.meet(.redis)
        readiness.meet(.control)
    }
}

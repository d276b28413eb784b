import Metrics
import NIOCore
package import Shared
import Synchronization

/// What a frontend counts of its connections, their commands and its requests. Code calls intents; the names of all metrics are in
/// `FrontendMetrics+Names.swift`. What is counted per chunk is in `StreamMetrics`, what of stops in `StopMetrics`.
package final class FrontendMetrics: Sendable {
    /// Of stops.
    let stops: StopMetrics
    private let registry: PrometheusRegistry
    private let connections: Meter
    private let connectionsTotal: Counter
    private let slowClients: Counter
    private let requests: Counter
    private let streams: Counter
    private let pauses: Counter
    private let heldReads: Counter
    private let watches: Meter
    private let holes: [TokenSubscriber.Hole: Counter]
    private let loops = Mutex<[ObjectIdentifier: StreamMetrics]>([:])

    package init(registry: PrometheusRegistry) {
        self.registry = registry
        stops = StopMetrics(registry: registry)
        connections = Meter(label: Name.connections, factory: registry)
        connectionsTotal = Counter(label: Name.connectionsTotal, factory: registry)
        slowClients = Counter(label: Name.slowClients, factory: registry)
        requests = Counter(label: Name.requests, factory: registry)
        streams = Counter(label: Name.streams, factory: registry)
        pauses = Counter(label: Name.pauses, factory: registry)
        heldReads = Counter(label: Name.heldReads, factory: registry)
        watches = Meter(label: Name.watches, factory: registry)
        holes = Dictionary(
            uniqueKeysWithValues: TokenSubscriber.Hole.allCases.map {
                ($0, Counter(label: Name.feedHoles, dimensions: [("cause", $0.rawValue)], factory: registry))
            })
    }

    /// What is counted on `eventLoop`. The same for every call with the same loop.
    func streams(on eventLoop: any EventLoop) -> StreamMetrics {
        loops.withLock { loops in
            if let metrics = loops[ObjectIdentifier(eventLoop)] { return metrics }
            let metrics = StreamMetrics(registry: registry)
            loops[ObjectIdentifier(eventLoop)] = metrics
            return metrics
        }
    }

    // MARK: Connections

    func connectionOpened(open: Int) {
        connectionsTotal.increment()
        connections.set(open)
    }

    func connectionClosed(open: Int) { connections.set(open) }

    /// A close was sent. Codes of the wire are few; a peer's own are one label.
    func connectionClosing(_ code: CloseCode) {
        let isOurs = code.rawValue < 3000 || code == .unauthorized || code == .slowClient || code == .pingTimeout
        counter(Name.closes, ("code", isOurs ? "\(code.rawValue)" : "other"))
    }

    func connectionRefused(status: Int) { counter(Name.refusedConnections, ("status", "\(status)")) }

    /// A token was not accepted, or there was none.
    func authenticationFailed(_ failure: AuthenticationFailure) {
        counter(Name.authenticationFailures, ("reason", failure.rawValue))
    }

    func slowClientClosed() { slowClients.increment() }

    func streamsPaused() { pauses.increment() }

    /// A client says more than it may: for a while it is not read.
    func readsHeld() { heldReads.increment() }

    // MARK: Commands

    func commandFailed(_ code: ErrorCode) { counter(Name.commandErrors, ("error_code", code.rawValue)) }

    /// A bound was reached.
    func refused(_ bound: AdmissionRefusal.Bound) { counter(Name.refusals, ("bound", bound.rawValue)) }

    // MARK: Requests

    /// A new request is in its queue.
    func requestAccepted() { requests.increment() }

    func watching(_ count: Int) { watches.set(count) }

    func streamOpened() { streams.increment() }

    /// The live feed of a stream lacks something, which is now read from the log.
    func feedHasHole(_ hole: TokenSubscriber.Hole) { holes[hole]?.increment() }

    /// A stream came to the ending of its request.
    func streamEnded(_ ending: Ending) {
        counter(Name.endings, [("state", ending.state.rawValue)] + StopMetrics.labels(ending.stop))
    }

    private func counter(_ name: String, _ labels: (String, String)...) { counter(name, labels) }

    private func counter(_ name: String, _ labels: [(String, String)]) {
        Counter(label: name, dimensions: labels, factory: registry).increment()
    }
}

package import Metrics
import NIOCore
import Shared

/// Every metric of the frontend. Code calls intents; names are here and nowhere else.
package final class FrontendMetrics: Sendable {
    private let connections: Meter
    private let connectionsTotal: Counter
    private let slowClients: Counter
    private let streams: Counter
    private let chunks: Counter
    private let chunkBytes: Counter
    private let pauses: Counter
    private let heldReads: Counter
    private let stopLatency: Timer
    private let watches: Meter
    private let factory: any MetricsFactory

    package init(factory: any MetricsFactory) {
        self.factory = factory
        connections = Meter(label: "penstock_frontend_connections", factory: factory)
        connectionsTotal = Counter(label: "penstock_frontend_connections_total", factory: factory)
        slowClients = Counter(label: "penstock_frontend_slow_clients_total", factory: factory)
        streams = Counter(label: "penstock_frontend_streams_total", factory: factory)
        chunks = Counter(label: "penstock_frontend_chunks_total", factory: factory)
        chunkBytes = Counter(label: "penstock_frontend_chunk_bytes_total", factory: factory)
        pauses = Counter(label: "penstock_frontend_stream_pauses_total", factory: factory)
        heldReads = Counter(label: "penstock_frontend_held_reads_total", factory: factory)
        stopLatency = Timer(label: "penstock_frontend_stop_recorded_seconds", factory: factory)
        watches = Meter(label: "penstock_frontend_watched_requests", factory: factory)
    }

    func connectionOpened(open: Int) {
        connectionsTotal.increment()
        connections.set(open)
    }

    func connectionClosed(open: Int) { connections.set(open) }

    /// A close was sent. Codes of the wire are few; a peer's own are one label.
    func connectionClosing(_ code: CloseCode) {
        let isOurs = code.rawValue < 3000 || code == .unauthorized || code == .slowClient || code == .pingTimeout
        let label = isOurs ? "\(code.rawValue)" : "other"
        counter("penstock_frontend_closes_total", "code", label)
    }

    func connectionRefused(status: Int) {
        counter("penstock_frontend_refused_connections_total", "status", "\(status)")
    }

    /// A token was not accepted, or there was none.
    func authenticationFailed(_ failure: AuthenticationFailure) {
        counter("penstock_frontend_authentication_failures_total", "reason", failure.rawValue)
    }

    func slowClientClosed() { slowClients.increment() }

    func streamOpened() { streams.increment() }

    func chunkSent(bytes: Int) {
        chunks.increment()
        chunkBytes.increment(by: bytes)
    }

    func streamsPaused() { pauses.increment() }

    /// A client says more than it may: for a while it is not read.
    func readsHeld() { heldReads.increment() }

    func streamEnded(_ state: Ending.State) { counter("penstock_frontend_endings_total", "state", state.rawValue) }

    func commandFailed(_ code: ErrorCode) {
        counter("penstock_frontend_command_errors_total", "error_code", code.rawValue)
    }

    /// A bound was reached.
    func refused(_ bound: AdmissionRefusal.Bound) {
        counter("penstock_frontend_refusals_total", "bound", bound.rawValue)
    }

    func stopRecorded(_ outcome: StopOutcome, by source: StopIntent.Source, latency: TimeAmount) {
        Counter(
            label: "penstock_frontend_stops_total",
            dimensions: [("outcome", outcome.rawValue), ("by", source.rawValue)],
            factory: factory
        ).increment()
        stopLatency.recordNanoseconds(latency.nanoseconds)
    }

    func watching(_ count: Int) { watches.set(count) }

    private func counter(_ name: String, _ label: String, _ value: String) {
        Counter(label: name, dimensions: [(label, value)], factory: factory).increment()
    }
}

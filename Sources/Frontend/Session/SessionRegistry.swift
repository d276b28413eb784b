import Logging
import NIOCore
import Shared

/// The requests accepted or resumed on one event loop, each with its watch. Bound to that loop.
final class SessionRegistry {
    private let broker: any Broker
    private let stops: StopPublisher
    private let watched: WatchedRequests
    private let admission: RequestAdmission
    private let metrics: FrontendMetrics
    private let logger: Logger
    private let expiry: RequestExpiry
    private var watches: [RequestID: RequestWatch] = [:]
    private var isDraining = false

    init(
        broker: any Broker, stops: StopPublisher, watched: WatchedRequests, admission: RequestAdmission,
        metrics: FrontendMetrics, logger: Logger
    ) {
        self.admission = admission
        self.broker = broker
        self.stops = stops
        self.watched = watched
        self.metrics = metrics
        self.logger = logger
        expiry = RequestExpiry(broker: broker, logger: logger)
    }

    /// Begins to listen for the stops of a request that may turn out to be somebody else's. Whoever watches it is not touched. Nil
    /// where this node watches as many requests as it may. The watch must be adopted or abandoned.
    func prepare(_ request: RequestID, of owner: String, policy: DisconnectPolicy) -> RequestWatch? {
        guard watched.reserve() else { return nil }
        return RequestWatch(
            broker: broker, request: request, owner: owner, policy: policy,
            stop: { [weak self] in self?.stop($0) }, ended: { [weak self] in self?.ended($0) })
    }

    /// The request is the client's: from here on it is watched. Where this node does already, nothing changes. When `time` has passed, its
    /// time may be over; nil: never.
    func adopt(_ watch: RequestWatch, expiresIn time: TimeAmount?) {
        guard !watch.hasEnded else {
            admission.discount(watch.request, of: watch.owner)
            return abandon(watch)
        }
        guard watched.claim(watch.request, for: NIOLoopBound(self, eventLoop: broker.eventLoop)) else {
            return watch.cancel()
        }
        if isDraining { watch.release() }
        watches[watch.request] = watch
        if let time { expiry.watch(watch.request, for: time) }
        metrics.watching(watched.count)
    }

    /// The request was refused, or has ended.
    func abandon(_ watch: RequestWatch) {
        watch.cancel()
        watched.giveBack()
    }

    /// What became known of a request that was submitted before: its own policy holds, whoever it was sent or resumed by.
    func learned(_ record: RequestRecord) {
        let policy = DisconnectPolicy(grace: record.disconnectGrace)
        onWatch(of: record.id) { $0.learned(policy) }
    }

    /// Completes when a bare publish is heard here from now on; or at once, where another watches.
    func confirmed(_ request: RequestID) -> EventLoopFuture<Void> {
        watches[request]?.confirmed ?? broker.eventLoop.makeSucceededVoidFuture()
    }

    func viewerJoined(_ request: RequestID) { onWatch(of: request) { $0.viewerJoined() } }

    /// A viewer left; not to be called while this node drains, whose viewers go elsewhere.
    func viewerLeft(_ request: RequestID) {
        if !isDraining { onWatch(of: request) { $0.viewerLeft() } }
    }

    /// Does something with the watch of a request, here or on the loop where it is. In the order of the calls.
    private func onWatch(of request: RequestID, _ body: @escaping @Sendable (RequestWatch) -> Void) {
        if let watch = watches[request] { return body(watch) }
        guard let watcher = watched.watcher(of: request) else { return }
        watcher.eventLoop.execute { if let watch = watcher.value.watches[request] { body(watch) } }
    }

    /// The request has ended: its channel is left at once.
    func ended(_ request: RequestID) {
        guard let watch = watches.removeValue(forKey: request) else { return }
        watch.cancel()
        expiry.forget(request)
        admission.discount(request, of: watch.owner)
        watched.release(request)
        metrics.watching(watched.count)
    }

    /// This node stops: its viewers go elsewhere, and no request is stopped for that.
    func drain() {
        isDraining = true
        for watch in watches.values { watch.release() }
    }

    private func stop(_ request: RequestID) {
        logger.info("nobody watches: the request is stopped", [.requestID: "\(request)"])
        stops.stop(request, intent: StopIntent(by: .disconnect), owner: nil).assumeIsolated().whenComplete {
            [weak self] result in
            switch result {
            case .success(let receipt) where receipt.outcome == .stopped:
                break  // The ending comes over the stop channel.
            case .success:
                self?.ended(request)
            case .failure(let error):
                self?.ended(request)
                guard (error as? BrokerError)?.code != .notFound else { return }
                self?.logger.warning(
                    "a request that nobody watches could not be stopped",
                    [.requestID: "\(request)", .error: "\(error)"])
            }
        }
    }
}

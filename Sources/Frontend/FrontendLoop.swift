import Logging
import NIOCore
import Shared

/// What the sessions of one event loop share: its broker, and all that talks to it. Bound to that loop.
final class FrontendLoop {
    let eventLoop: any EventLoop
    let broker: any Broker
    let configuration: FrontendConfiguration
    let authenticator: any Authenticator
    let metrics: FrontendMetrics
    let streamMetrics: StreamMetrics
    let logger: Logger
    let jobs: JobPublisher
    let stops: StopPublisher
    let registry: SessionRegistry
    let positions: QueuePositions
    let admission: RequestAdmission
    let decoder: ClientEventDecoder
    let flusher = OutboundFlusher()
    var encoder = ServerEventEncoder()

    /// Made on the broker's event loop.
    init(
        broker: any Broker, watched: WatchedRequests, progress: QueueProgress, owners: OwnerRates?,
        configuration: FrontendConfiguration, authenticator: any Authenticator, metrics: FrontendMetrics, logger: Logger
    ) {
        self.authenticator = authenticator
        self.eventLoop = broker.eventLoop
        self.broker = broker
        self.configuration = configuration
        self.metrics = metrics
        streamMetrics = metrics.streams(on: broker.eventLoop)
        self.logger = logger
        let admission = RequestAdmission(broker: broker, configuration: configuration.admission, owners: owners)
        self.admission = admission
        jobs = JobPublisher(broker: broker, deadline: configuration.commandDeadline)
        let stops = StopPublisher(broker: broker, deadline: configuration.stopDeadline, metrics: metrics)
        self.stops = stops
        registry = SessionRegistry(
            broker: broker, stops: stops, watched: watched, admission: admission, metrics: metrics, logger: logger)
        positions = QueuePositions(broker: broker, queue: configuration.queue, progress: progress)
        var limits = ClientEventDecoder.Limits()
        limits.contentBytes = configuration.maximumContentBytes
        limits.tokenBytes = BearerToken.maximumBytes
        decoder = ClientEventDecoder(limits: limits)
    }

    /// A call to the broker that is repeated while Redis is away, up to the deadline for commands.
    func ask<Value: Sendable>(_ operation: @escaping (any Broker) -> EventLoopFuture<Value>) -> EventLoopFuture<Value> {
        BrokerRetry(eventLoop: eventLoop).until(eventLoop.now + configuration.commandDeadline) { [broker] in
            operation(broker)
        }
    }
}

package import Logging
private import NIOCore
package import ServiceLifecycle
package import Shared

/// Puts a worker together. The command and the tests build it the same way.
package struct WorkerServices: Sendable {
    private let configuration: WorkerConfiguration
    private let node: NodeID
    private let brokers: BrokerGroup
    private let turns: EventLoopTurns?
    private let generator: any TokenGenerator
    private let readiness: Readiness
    private let registry: PrometheusRegistry
    private let journal: GenerationJournal?
    private let logger: Logger

    /// A worker on these brokers, one per event loop, and the turns of those loops. `readiness` is also told by whoever watches them.
    package init(
        configuration: WorkerConfiguration, node: NodeID, brokers: BrokerGroup, turns: EventLoopTurns? = nil,
        generator: any TokenGenerator, readiness: Readiness, registry: PrometheusRegistry,
        journal: GenerationJournal? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.node = node
        self.brokers = brokers
        self.turns = turns
        self.generator = generator
        self.readiness = readiness
        self.registry = registry
        self.journal = journal
        self.logger = logger
    }

    /// Everything that runs, in the order it starts. `watch` reports on the brokers. It shuts down in the reverse, so that the admin port goes last and the
    /// consumer drains first.
    package func services(watch: any Service) -> [any Service] {
        let metrics = WorkerMetrics(registry: registry, generator: generator.name, model: configuration.model)
        let queue = QueueProbe(broker: brokers.any, queue: configuration.queue)
        let running = RunningJobs(slots: configuration.slots, metrics: metrics)
        let record = NodeRecord(
            id: "\(node)", role: .worker, host: ProcessInformation.hostName, pid: ProcessInformation.processID,
            queue: configuration.queue,
            generator: configuration.generatorLabel, slots: configuration.slots, startedAt: .now())
        let consumer = JobConsumer(
            shards: brokers.all.map { Shard(broker: $0, turns: turns) }, configuration: consumerConfiguration,
            generator: generator,
            running: running, readiness: readiness, metrics: metrics, logger: logger)
        return [
            AdminServer(
                listen: configuration.node.adminListen, readiness: readiness, metrics: registry,
                probes: [queue.samples], logger: logger.quieter),
            watch,
            NodeHeartbeat(brokers: brokers.all, logger: logger) {
                var record = record
                record.running = running.requests
                record.isDraining = running.draining.isOpen
                return record
            } change: { shown in
                // Other workers are to know at once that this one drains.
                if shown.isDraining { try? await Task.sleep(for: .seconds(86_400)) }
                await running.draining.wait()
            },
            consumer,
        ]
    }

    private var consumerConfiguration: JobConsumerConfiguration {
        var job = JobConfiguration(
            worker: "\(node)", lease: TimeAmount(configuration.lease),
            maximumDeliveries: configuration.maximumDeliveries, batching: configuration.batching,
            answer: configuration.answer)
        job.journal = journal
        job.maximumUnattended = TimeAmount(configuration.maximumUnattended)
        return JobConsumerConfiguration(queue: configuration.queue, drainTimeout: configuration.drainTimeout, job: job)
    }
}

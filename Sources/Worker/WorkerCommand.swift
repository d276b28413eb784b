package import ArgumentParser
private import Logging
private import Metrics
private import NIOCore
private import NIOPosix
private import ServiceLifecycle
private import Shared

/// `penstock-worker`: takes jobs from a queue and generates their answers.
package struct WorkerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "penstock-worker",
        abstract: "Takes generation jobs from a Redis queue and streams their answers, until they end or are stopped.",
        discussion: """
            Every flag has an environment twin: --redis-url is PENSTOCK_REDIS_URL. SIGTERM drains: what runs may end within \
            --drain-timeout, the rest goes back to the queue with what was said. A second one exits at once.
            """)

    @OptionGroup var options: WorkerOptions

    package init() {}

    package func run() async throws {
        let (settings, redis, journal, unknownKeys) = try Self.read(options)
        NodeLogging.bootstrap(level: settings.node.logLevel, format: settings.node.logFormat)
        let registry = PrometheusRegistry(nodeHelp: WorkerMetrics.help, buckets: WorkerMetrics.buckets)
        MetricsSystem.bootstrap(registry)
        let node = NodeID(role: .worker)
        let logger = NodeLogging.logger(for: node)
        for key in unknownKeys {
            logger.warning("the configuration file has a key that is not known", [.setting: "\(key)"])
        }

        let turns = EventLoopTurns()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.eventLoops, metricsDelegate: turns)
        let brokers = try group.makeIterator().map {
            try RedisBroker(redis, on: $0, keyPrefix: settings.node.keyPrefix, logger: logger)
        }
        let readiness = Readiness()
        let generator = Self.generator(settings.generator, group)
        let services = WorkerServices(
            configuration: settings, node: node, brokers: BrokerGroup(brokers), turns: turns,
            generator: generator, readiness: readiness, registry: registry, journal: journal, logger: logger
        ).services(
            watch: ControlPathWatch(
                brokers: brokers, node: "\(node)", readiness: readiness, metrics: registry, logger: logger))
        logger.notice(
            "starting",
            [
                .queue: "\(settings.queue)", .generator: "\(settings.generatorLabel)", .slots: "\(settings.slots)",
                .redisAddress: "\(redis)",
            ])
        let outcome = await Result { try await SignalHandling.run(services, logger: logger.quieter) }
        await withDiscardingTaskGroup { tasks in
            for broker in brokers { tasks.addTask { await broker.close() } }
            tasks.addTask { await generator.shutdown() }
        }
        try? await group.shutdownGracefully()
        try outcome.get()
    }

    private static func read(
        _ options: WorkerOptions
    ) throws -> (
        settings: WorkerConfiguration, redis: RedisConfiguration, journal: GenerationJournal?, unknownKeys: [String]
    ) {
        do {
            let reader = try SettingsReader(flags: options.flags)
            let settings = try WorkerConfiguration(reading: reader)
            var redis = try RedisConfiguration(url: settings.node.redisURL)
            redis.clientName = "penstock-worker"
            return (settings, redis, try settings.journal.map(GenerationJournal.init(path:)), reader.unknownKeys)
        } catch let error as SettingsError {
            throw ValidationError("\(error)")
        } catch let error as RedisError {
            throw ValidationError("--redis-url: \(error)")
        }
    }

    private static func generator(
        _ generator: WorkerConfiguration.Generator, _ group: any EventLoopGroup
    ) -> any TokenGenerator {
        switch generator {
        case .count: CountGenerator()
        case .openAI(let configuration): OpenAIGenerator(configuration: configuration, group: group)
        case .forward(let queue): ForwardGenerator(to: queue)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

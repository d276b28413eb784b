private import NIOCore
package import Shared

/// What a worker is told. Each setting is a flag, an environment variable and a key of the configuration file.
package struct WorkerConfiguration: Sendable {
    /// What makes the tokens.
    package enum Generator: Sendable {
        case count
        case openAI(OpenAIConfiguration)
        /// Publishes to another queue than the worker's own.
        case forward(to: String)
    }

    private enum GeneratorName: String, CaseIterable {
        case count, openai, forward
    }

    /// What every node is told; `admin-listen` is 127.0.0.1:9091 by default.
    package var node: NodeSettings
    /// `queue`: where jobs come from; 1 to 128 bytes of letters, digits, `.`, `_` and `-` (`default`).
    package var queue: String
    /// `generator`: `count`, `openai` or `forward` (`count`).
    ///
    /// `openai` asks the engine at `openai-url` (`http://127.0.0.1:8000/v1`), with the key in the file `openai-key-file` (none)
    /// and the model `openai-model` where a request names none (none); and goes on behind
    /// what a lost worker said by `openai-continuation`, `restart` or `prefix` (`restart`); `openai-connect-timeout` (5 s),
    /// `openai-first-byte-timeout` (60 s) and `openai-idle-timeout` (30 s) may be 1 ms to 1 h. `forward` publishes to the queue
    /// `forward-to`, which it requires.
    package var generator: Generator
    /// `slots`: jobs at once; 1 to 100,000 (64).
    package var slots: Int
    /// `lease`: how long a silent worker keeps its jobs; 300 ms to 1 h (15 s). All workers of a queue must have the same.
    package var lease: Duration
    /// `max-deliveries`: how often a job is given to workers before it is put away; 1 to 1000 (5).
    package var maximumDeliveries: Int
    /// `max-unattended`: how long any request may run that nobody watches; 1 s to 7 days (1 h).
    package var maximumUnattended: Duration
    /// `drain-timeout`: how long jobs may run on after SIGTERM; 0 to 24 h (30 s).
    package var drainTimeout: Duration
    /// `event-loops`: threads that run jobs; 1 to 256 (the number of cores).
    package var eventLoops: Int
    /// `batching`: `natural` (tokens gather while a write is under way) or `off` (an entry per token) (`natural`).
    package var batching: TokenBatcher.Batching
    /// `max-answer-bytes`: an answer that would grow beyond ends as `length`; 1 to 64 MiB (16 MiB). `max-answer-tokens`: the same, in
    /// tokens; 0 to 1,000,000,000, 0 is any number (0).
    package var answer: AnswerBounds
    /// `journal`: a file in which what the generators do is written down, see `GenerationJournal` (none). For tests.
    package var journal: String?

    /// Reads and checks the settings.
    package init(reading reader: SettingsReader) throws(SettingsError) {
        node = try NodeSettings(reading: reader, adminListen: .tcp(host: "127.0.0.1", port: 9091))
        queue = try reader.queueName("queue", default: "default")
        slots = try reader.int("slots", default: 64, in: 1...100_000)
        lease = try reader.duration("lease", default: .seconds(15), in: .milliseconds(300) ... .seconds(3600))
        maximumDeliveries = try reader.int("max-deliveries", default: 5, in: 1...1000)
        maximumUnattended = try reader.duration(
            "max-unattended", default: .seconds(3600), in: .seconds(1) ... .seconds(7 * 86_400))
        drainTimeout = try reader.duration("drain-timeout", default: .seconds(30), in: .zero ... .seconds(86_400))
        eventLoops = try reader.int("event-loops", default: min(ProcessInformation.coreCount, 256), in: 1...256)
        batching = try reader.choice("batching", default: .natural)
        answer = AnswerBounds(bytes: try reader.int("max-answer-bytes", default: 16 << 20, in: 1...(64 << 20)))
        let tokens = try reader.int("max-answer-tokens", default: 0, in: 0...1_000_000_000)
        answer.tokens = tokens == 0 ? nil : tokens
        journal = reader.string("journal")
        switch try reader.choice("generator", default: GeneratorName.count) {
        case .count: generator = .count
        case .openai: generator = .openAI(try Self.openAI(reader, connections: slots))
        case .forward: generator = .forward(to: try Self.target(reader, besides: queue))
        }
    }

    /// The model that is asked for where a request names none.
    package var model: String? {
        switch generator {
        case .openAI(let configuration): configuration.model
        case .count, .forward: nil
        }
    }

    /// What operators see: `count`, `openai`, `forward:<queue>`.
    package var generatorLabel: String {
        switch generator {
        case .count: "count"
        case .openAI: "openai"
        case .forward(let queue): "forward:\(queue)"
        }
    }

    private static func openAI(
        _ reader: SettingsReader, connections: Int
    ) throws(SettingsError) -> OpenAIConfiguration {
        OpenAIConfiguration(
            url: try reader.url("openai-url", default: "http://127.0.0.1:8000/v1", schemes: ["http", "https"]),
            key: try reader.contentsOfFile("openai-key-file"), model: reader.string("openai-model"),
            continuation: try reader.choice("openai-continuation", default: .restart),
            connectTimeout: try timeout(reader, "openai-connect-timeout", .seconds(5)),
            firstByteTimeout: try timeout(reader, "openai-first-byte-timeout", .seconds(60)),
            idleTimeout: try timeout(reader, "openai-idle-timeout", .seconds(30)), connections: connections)
    }

    private static func target(_ reader: SettingsReader, besides queue: String) throws(SettingsError) -> String {
        guard let target = try reader.queueName("forward-to") else {
            throw SettingsError(
                key: "forward-to", message: "is required by --generator forward: the queue to publish to")
        }
        guard target != queue else {
            throw SettingsError(key: "forward-to", message: "must be another queue than --queue, or jobs go in circles")
        }
        return target
    }

    private static func timeout(
        _ reader: SettingsReader, _ key: String, _ fallback: Duration
    ) throws(SettingsError) -> TimeAmount {
        TimeAmount(try reader.duration(key, default: fallback, in: .milliseconds(1) ... .seconds(3600)))
    }
}

package import ArgumentParser
package import Shared

/// The flags of `penstock-worker`. What they mean, their defaults and ranges: `WorkerConfiguration`.
package struct WorkerOptions: ParsableArguments {
    @OptionGroup package var node: NodeOptions

    @Option(help: "The queue to take jobs from (default: default).")
    package var queue: String?

    @Option(help: "count, openai or forward (default count).")
    package var generator: String?

    @Option(help: "How many jobs run at once (default 64).")
    package var slots: String?

    @Option(help: "How long a silent worker keeps its jobs (default 15s).")
    package var lease: String?

    @Option(help: "How often a job is given to workers before it is put away (default 5).")
    package var maxDeliveries: String?

    @Option(help: "How long any request may run that nobody watches (default 1h).")
    package var maxUnattended: String?

    @Option(help: "How long jobs may run on after SIGTERM, before they go back to the queue (default 30s).")
    package var drainTimeout: String?

    @Option(help: "Threads that run jobs (default: the number of cores).")
    package var eventLoops: String?

    @Option(help: "natural or off: whether tokens gather while a write is under way (default natural).")
    package var batching: String?

    @Option(
        name: [.customLong("max-answer-bytes"), .customLong("maximum-answer-bytes")],
        help: "Bytes at which an answer ends as `length` (default 16777216).")
    package var maxAnswerBytes: String?

    @Option(help: "Tokens at which an answer ends as `length`, 0 for any number (default 0).")
    package var maxAnswerTokens: String?

    @Option(help: "A file in which to write down each token and stop, for tests (default: none).")
    package var journal: String?

    @Option(help: "openai: the engine's base URL, with or without /v1 (default http://127.0.0.1:8000/v1).")
    package var openaiUrl: String?

    @Option(help: "openai: a file that holds the engine's key.")
    package var openaiKeyFile: String?

    @Option(help: "openai: the model where a request names none.")
    package var openaiModel: String?

    @Option(help: "openai: restart or prefix: how an answer goes on whose worker was lost (default restart).")
    package var openaiContinuation: String?

    @Option(help: "openai: time to connect (default 5s).")
    package var openaiConnectTimeout: String?

    @Option(help: "openai: time to the first byte of the answer (default 60s).")
    package var openaiFirstByteTimeout: String?

    @Option(help: "openai: time between two pieces of the answer (default 30s).")
    package var openaiIdleTimeout: String?

    @Option(help: "forward: the queue to publish to.")
    package var forwardTo: String?

    package init() {}

    /// Every flag, given or not.
    package var flags: [String: String?] {
        let own: [String: String?] = [
            "queue": queue, "generator": generator, "slots": slots, "lease": lease, "max-deliveries": maxDeliveries,
            "max-unattended": maxUnattended,
            "drain-timeout": drainTimeout,
            "event-loops": eventLoops, "batching": batching, "max-answer-bytes": maxAnswerBytes,
            "max-answer-tokens": maxAnswerTokens,
            "journal": journal,
            "openai-url": openaiUrl, "openai-key-file": openaiKeyFile, "openai-model": openaiModel,
            "openai-continuation": openaiContinuation, "openai-connect-timeout": openaiConnectTimeout,
            "openai-first-byte-timeout": openaiFirstByteTimeout,
            "openai-idle-timeout": openaiIdleTimeout, "forward-to": forwardTo,
        ]
        return node.flags.merging(own) { $1 }
    }
}

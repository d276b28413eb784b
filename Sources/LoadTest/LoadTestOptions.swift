import ArgumentParser

/// The flags of `penstock-loadtest`. What they mean, their defaults and ranges: `LoadPlan` and docs/loadtest.md.
struct LoadTestOptions: ParsableArguments {
    @Option(help: "A JSON file with settings; its keys are the names of flags.")
    var config: String?

    @Option(
        help:
            "A frontend: ws:// or wss://. Repeatable: clients connect to them in turn (default ws://127.0.0.1:8080/ws)."
    )
    var url: [String] = []

    @Option(help: "A file that holds the token to show to the frontends.")
    var tokenFile: String?

    @Option(help: "A PEM file of the authorities to trust for wss:// instead of the system's.")
    var caFile: String?

    @Option(help: "Open loop: requests a second, whatever becomes of them.")
    var rate: String?

    @Option(help: "Open loop: poisson or constant (default poisson).")
    var arrivals: String?

    @Option(help: "Closed loop: requests at a time, each followed by another.")
    var concurrency: String?

    @Option(help: "How long the load grows from nothing (default 0).")
    var ramp: String?

    @Option(help: "How long the whole load runs before anything counts (default 2s).")
    var warmUp: String?

    @Option(help: "How long it counts (default 10s).")
    var duration: String?

    @Option(help: "How long answers may run on after the load, before they are stopped (default 5s).")
    var drain: String?

    @Option(help: "How long a stop may take to be acknowledged, and then to end its answer (default 10s).")
    var settleTimeout: String?

    @Option(help: "WebSockets held open (default 100; with --concurrency as many as it needs).")
    var connections: String?

    @Option(help: "Answers at a time on one connection (default 1).")
    var streams: String?

    @Option(help: "Connections begun a second, before the load (default 1000).")
    var connectRate: String?

    @Option(help: "How long a connection may take to be ready (default 10s).")
    var connectTimeout: String?

    @Option(
        help:
            "Tokens of an answer: 200, uniform:10,100, normal:200,50, lognormal:200,0.5, exponential:200 (default 100)."
    )
    var tokens: String?

    @Option(help: "Tokens a second of an answer, in the same forms, or max (default 50).")
    var tokenRate: String?

    @Flag(inversion: .prefixedNo, help: "Tokens tell when they were said, for their one-way latency (default yes).")
    var timestamps: Bool?

    @Option(help: "What answers are known to say: count, or any for other generators (default count).")
    var text: String?

    @Option(help: "What is said to the generator (default: load test).")
    var content: String?

    @Option(help: "The model that is asked for (default none).")
    var model: String?

    @Option(help: "The share of answers that are stopped, 0 to 1 (default 0).")
    var stopRate: String?

    @Option(help: "Stop after so many tokens, a distribution (default: anywhere in the answer).")
    var stopAfterTokens: String?

    @Option(help: "Stop after so many seconds, a distribution.")
    var stopDelay: String?

    @Option(
        help: "The share of answers whose connection is lost, and that are resumed at the next frontend (default 0).")
    var resumeRate: String?

    @Option(help: "Lose it after so many tokens, a distribution (default: anywhere in the answer).")
    var resumeAfterTokens: String?

    @Option(help: "The share of answers that are read slowly (default 0).")
    var slowRate: String?

    @Option(help: "Bytes a second that a slow reader takes (default 8192).")
    var slowBandwidth: String?

    @Option(help: "The share of answers whose client goes away for good (default 0).")
    var abandonRate: String?

    @Option(help: "Go away after so many tokens, a distribution (default: anywhere in the answer).")
    var abandonAfterTokens: String?

    @Option(help: "Redis, to look for generations that were left behind (default: not looked).")
    var redisUrl: String?

    @Option(help: "What stands before every key in Redis (default none).")
    var keyPrefix: String?

    @Option(help: "A queue to look into besides those of live nodes (default: default).")
    var queue: String?

    @Option(help: "How many saved messages to compare with what was received (default 200).")
    var checkSaved: String?

    @Option(help: "What the figures must fulfil, such as 'ttfc.p99<50ms'. Repeatable.")
    var limit: [String] = []

    @Option(help: "Threads that carry the connections (default 2).")
    var eventLoops: String?

    @Option(help: "The seed of all that is drawn by chance (default: another one each time).")
    var seed: String?

    @Option(help: "Write the result to this file as JSON; - is standard output.")
    var json: String?

    @Option(help: "Write the result to this file as a page.")
    var report: String?

    /// Every flag, given or not.
    var flags: [String: String?] {
        [
            "config": config, "url": Self.joined(url), "token-file": tokenFile, "ca-file": caFile, "rate": rate,
            "arrivals": arrivals, "concurrency": concurrency, "ramp": ramp, "warm-up": warmUp, "duration": duration,
            "drain": drain, "settle-timeout": settleTimeout, "connections": connections, "streams": streams,
            "connect-rate": connectRate, "connect-timeout": connectTimeout, "tokens": tokens, "token-rate": tokenRate,
            "timestamps": timestamps.map(String.init), "text": text, "content": content, "model": model,
            "stop-rate": stopRate, "stop-after-tokens": stopAfterTokens, "stop-delay": stopDelay,
            "resume-rate": resumeRate, "resume-after-tokens": resumeAfterTokens, "slow-rate": slowRate,
            "slow-bandwidth": slowBandwidth, "abandon-rate": abandonRate, "abandon-after-tokens": abandonAfterTokens,
            "redis-url": redisUrl, "key-prefix": keyPrefix, "queue": queue, "check-saved": checkSaved,
            "limit": Self.joined(limit), "event-loops": eventLoops, "seed": seed, "json": json, "report": report,
        ]
    }

    private static func joined(_ values: [String]) -> String? { values.isEmpty ? nil : values.joined(separator: ",") }
}

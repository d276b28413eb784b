import ArgumentParser
import Shared

/// The flags that every subcommand has. An environment variable stands in for each: `PENSTOCK_REDIS_URL` for `--redis-url`.
struct ClientOptions: ParsableArguments {
    @OptionGroup var redis: RedisOptions

    @Option(help: "A frontend: ws:// or wss:// (default ws://127.0.0.1:8080/ws).")
    var url: String?

    @Option(help: "A file that holds the token to show to the frontend.")
    var tokenFile: String?

    @Option(help: "A PEM file of the authorities to trust for wss:// instead of the system's.")
    var caFile: String?

    @Option(
        name: [.customShort("o"), .long],
        help: "text or json: JSON goes to standard output, all else to standard error (default text).")
    var output: String?

    /// Every flag, given or not.
    var flags: [String: String?] {
        redis.flags.merging(["url": url, "token-file": tokenFile, "ca-file": caFile, "output": output]) { $1 }
    }
}

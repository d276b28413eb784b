package import ArgumentParser

/// The flags of whatever talks to Redis.
package struct RedisOptions: ParsableArguments {
    @Option(help: "A JSON file with settings; its keys are the names of flags.")
    package var config: String?

    @Option(help: "Redis: redis://, rediss://, redis+unix:// or redis-sentinel:// (default redis://127.0.0.1:6379).")
    package var redisUrl: String?

    @Option(help: "Put before every key and channel in Redis (default none).")
    package var keyPrefix: String?

    package init() {}

    /// Every flag, given or not.
    package var flags: [String: String?] { ["config": config, "redis-url": redisUrl, "key-prefix": keyPrefix] }
}

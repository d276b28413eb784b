package import ArgumentParser

/// The flags that every node has. See `SettingsReader` for how they are used.
package struct NodeOptions: ParsableArguments {
    @Option(help: "A JSON file with settings; its keys are the names of flags.")
    package var config: String?

    @Option(help: "Redis: redis://, rediss://, redis+unix:// or redis-sentinel:// (default redis://127.0.0.1:6379).")
    package var redisUrl: String?

    @Option(help: "Put before every key and channel in Redis (default none).")
    package var keyPrefix: String?

    @Option(help: "Where /livez, /readyz and /metrics are served: host:port or unix:/path.")
    package var adminListen: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default info).")
    package var logLevel: String?

    @Option(help: "text or json (default text).")
    package var logFormat: String?

    package init() {}

    /// Every flag, given or not.
    package var flags: [String: String?] {
        [
            "config": config, "redis-url": redisUrl, "key-prefix": keyPrefix, "admin-listen": adminListen,
            "log-level": logLevel, "log-format": logFormat,
        ]
    }
}

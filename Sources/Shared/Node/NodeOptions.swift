package import ArgumentParser

/// The flags that every node has. See `SettingsReader` for how they are used.
package struct NodeOptions: ParsableArguments {
    @OptionGroup package var redis: RedisOptions

    @Option(help: "Where /livez, /readyz and /metrics are served: host:port or unix:/path.")
    package var adminListen: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default info).")
    package var logLevel: String?

    @Option(help: "text or json (default text).")
    package var logFormat: String?

    package init() {}

    /// Every flag, given or not.
    package var flags: [String: String?] {
        redis.flags.merging(
            ["admin-listen": adminListen, "log-level": logLevel, "log-format": logFormat]) { $1 }
    }
}

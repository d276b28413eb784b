package import Logging

/// What every node is told. Each is a flag, an environment variable and a key of the configuration file.
package struct NodeSettings: Hashable, Sendable {
    /// `redis-url`: `redis://`, `rediss://`, `redis+unix://` or `redis-sentinel://` (`redis://127.0.0.1:6379`). May hold a password.
    package var redisURL = "redis://127.0.0.1:6379"
    /// `key-prefix`: put before every key and channel; at most 64 bytes, without braces and white space (none).
    package var keyPrefix = ""
    /// `admin-listen`: where the node tells of its health.
    package var adminListen: ListenAddress
    /// `log-level` (`info`).
    package var logLevel = Logger.Level.info
    /// `log-format`: `text` or `json` (`text`).
    package var logFormat = LogFormat.text

    /// The defaults.
    package init(adminListen: ListenAddress) { self.adminListen = adminListen }

    /// Reads the settings; `adminListen` is the default of that setting.
    package init(reading reader: SettingsReader, adminListen: ListenAddress) throws(SettingsError) {
        self.init(adminListen: adminListen)
        redisURL = try reader.url("redis-url", default: redisURL, schemes: RedisConfiguration.schemes)
        keyPrefix = reader.string("key-prefix", default: keyPrefix)
        guard keyPrefix.utf8.count <= 64, !keyPrefix.contains(where: { "{}".contains($0) || $0.isWhitespace }) else {
            throw SettingsError(
                key: "key-prefix",
                message: "\"\(keyPrefix)\" is not a text of at most 64 bytes without braces and spaces")
        }
        self.adminListen = try reader.address("admin-listen", default: adminListen)
        logLevel = try reader.choice("log-level", default: logLevel)
        logFormat = try reader.choice("log-format", default: logFormat)
    }
}

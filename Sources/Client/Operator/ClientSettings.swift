import ArgumentParser
import FrontendClient
import Shared

/// What the `penstock` command is told. Each is a flag, an environment variable and a key of the configuration file.
struct ClientSettings: Sendable {
    /// `redis-url` (`redis://127.0.0.1:6379`). May hold a password.
    var redisURL = "redis://127.0.0.1:6379"
    /// `key-prefix` (none).
    var keyPrefix = ""
    /// `url` (`ws://127.0.0.1:8080/ws`).
    var url = FrontendURL.standard
    /// Whether `url` was given: an operator's command then goes through the frontend instead of Redis.
    var isURLGiven = false
    /// What the file named by `token-file` holds.
    var token: String?
    /// `ca-file`.
    var caFile: String?
    /// `output`: `text` or `json` (`text`).
    var output = OutputFormat.text

    init(_ options: ClientOptions) throws {
        do {
            try self.init(reading: SettingsReader(flags: options.flags))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    init(reading reader: SettingsReader) throws(SettingsError) {
        redisURL = try reader.url("redis-url", default: redisURL, schemes: RedisConfiguration.schemes)
        keyPrefix = reader.string("key-prefix", default: keyPrefix)
        if let text = reader.string("url") {
            do {
                url = try FrontendURL(text)
            } catch {
                throw SettingsError(key: "url", message: "\(error)")
            }
            isURLGiven = true
        }
        token = try reader.contentsOfFile("token-file")
        if let token, token.isEmpty || !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw SettingsError(key: "token-file", message: "the file must hold one token")
        }
        caFile = reader.string("ca-file")
        output = try reader.choice("output", default: output)
    }

    /// How connections to the frontend are made.
    var connection: FrontendConnection.Options {
        var options = FrontendConnection.Options()
        options.token = token
        options.caFile = caFile
        return options
    }
}

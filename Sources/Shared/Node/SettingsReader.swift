private import Configuration
private import Foundation

/// Reads the settings of a command: a flag wins over its environment variable, that over the configuration file, that over
/// the default.
///
/// `--redis-url` is `PENSTOCK_REDIS_URL` and the file's key `redis-url` (or `redis.url`). The file is named by `--config` or
/// `PENSTOCK_CONFIG`. An empty environment variable counts as absent.
///
/// How a command uses it: every option of its `ParsableArguments` is optional, without a default, so that absence falls
/// through; its `flags` names each of them, present or not; its settings struct holds the defaults and ranges.
///
///     struct WorkerOptions: ParsableArguments {
///         @OptionGroup var node: NodeOptions
///         @Option(help: "How many jobs run at once, 1 to 10000 (default 64).") var slots: Int?
///         @Flag(inversion: .prefixedNo, help: "…") var verbose: Bool?
///
///         var flags: [String: String?] {
///             node.flags.merging(["slots": slots.map(String.init), "verbose": verbose.map(String.init)]) { $1 }
///         }
///     }
///     struct WorkerSettings {
///         var node: NodeSettings
///         var slots: Int
///
///         init(reading reader: SettingsReader) throws(SettingsError) {
///             node = try NodeSettings(reading: reader, adminListen: .tcp(host: "127.0.0.1", port: 9091))
///             slots = try reader.int("slots", default: 64, in: 1...10_000)
///         }
///     }
///     // in the command's run():
///     let reader = try SettingsReader(flags: options.flags)
///     let settings = try WorkerSettings(reading: reader)
package struct SettingsReader: Sendable {
    /// One source of settings.
    private struct Layer {
        var config: ConfigReader
        /// The key of the source for a flag, for messages.
        var name: @Sendable (String) -> String
        var key: @Sendable (String) -> ConfigKey
    }

    private let layers: [Layer]
    private let known: Set<String>
    /// Keys in the configuration file that the command does not know, in order. Worth a warning; not an error, for one file
    /// may serve all commands of a host.
    package let unknownKeys: [String]

    /// Reads the sources. `flags` names every setting of the command without dashes in front, with its value if it was given.
    package init(
        flags: [String: String?], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) {
        known = Set(flags.keys).union(["config"])
        var given: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in flags {
            if let value { given[AbsoluteConfigKey([key])] = ConfigValue(.string(value), isSecret: false) }
        }
        var layers = [
            Layer(
                config: ConfigReader(provider: InMemoryProvider(name: "flags", values: given)),
                name: { "--\($0)" }, key: { ConfigKey([$0]) }),
            Layer(
                config: ConfigReader(
                    provider: EnvironmentVariablesProvider(
                        environmentVariables: environment.filter { !$0.value.isEmpty })),
                name: Self.variable,
                key: { ConfigKey(["penstock"] + $0.split(separator: "-").map(String.init)) }),
        ]
        var unknownKeys: [String] = []
        if let path = layers.lazy.compactMap({ $0.config.string(forKey: $0.key("config")) }).first {
            let file = try SettingsFile(path: path)
            unknownKeys = file.values.keys.filter { flags[$0] == nil }.sorted()
            let values = file.values.map { (AbsoluteConfigKey([$0]), ConfigValue(.string($1), isSecret: false)) }
            let provider = InMemoryProvider(name: path, values: Dictionary(uniqueKeysWithValues: values))
            layers.append(
                Layer(config: ConfigReader(provider: provider), name: { "\($0) in \(path)" }, key: { ConfigKey([$0]) }))
        }
        self.layers = layers
        self.unknownKeys = unknownKeys
    }

    /// The environment twin of a flag: `PENSTOCK_REDIS_URL` for `redis-url`.
    package static func variable(_ key: String) -> String {
        "PENSTOCK_" + key.uppercased().replacing("-", with: "_")
    }

    /// A text, or nil where no source has it.
    package func string(_ key: String) -> String? { find(key)?.text }

    /// A text.
    package func string(_ key: String, default fallback: String) -> String { string(key) ?? fallback }

    /// A whole number within `range`.
    package func int(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws(SettingsError) -> Int {
        try read(key, expected: "a whole number between \(range.lowerBound) and \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    /// A boolean: `true`, `yes`, `on`, `1`, or their opposites.
    package func bool(_ key: String, default fallback: Bool) throws(SettingsError) -> Bool {
        try read(key, expected: "true or false") { text in
            switch text.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        } ?? fallback
    }

    /// A length of time within `range`, in the forms of `DurationSetting`.
    package func duration(
        _ key: String, default fallback: Duration, in range: ClosedRange<Duration>
    ) throws(SettingsError) -> Duration {
        let limits = "\(DurationSetting(range.lowerBound)) and \(DurationSetting(range.upperBound))"
        return try read(key, expected: "a time between \(limits), such as 500ms, 30s, 5m or 1h") { text in
            DurationSetting(text).flatMap { range.contains($0.duration) ? $0.duration : nil }
        } ?? fallback
    }

    /// Where to listen, in the forms of `ListenAddress`.
    package func address(_ key: String, default fallback: ListenAddress) throws(SettingsError) -> ListenAddress {
        guard let (text, source) = find(key) else { return fallback }
        do {
            return try ListenAddress(parsing: text)
        } catch {
            throw SettingsError(key: key, message: "\"\(text)\" (from \(source)): \(error)")
        }
    }

    /// A URL of one of `schemes`, or nil where no source has it. The value is not shown in errors: it may hold a password.
    package func url(_ key: String, schemes: Set<String>) throws(SettingsError) -> String? {
        guard let (text, source) = find(key) else { return nil }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, schemes.contains(parts[0].lowercased()), !parts[1].isEmpty,
            !text.contains(where: \.isWhitespace)
        else {
            let choices = schemes.sorted().map { "\($0)://" }.joined(separator: ", ")
            throw SettingsError(key: key, message: "the value from \(source) must be a URL that begins with \(choices)")
        }
        return text
    }

    /// A URL of one of `schemes`.
    package func url(_ key: String, default fallback: String, schemes: Set<String>) throws(SettingsError) -> String {
        try url(key, schemes: schemes) ?? fallback
    }

    /// One of a closed set of words.
    package func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, default fallback: Value
    ) throws(SettingsError) -> Value {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try read(key, expected: "one of \(words)") { Value(rawValue: $0) } ?? fallback
    }

    /// What is in the file that the setting names, without white space around it, or nil where no source names one. For keys
    /// and passwords, which belong in files.
    package func contentsOfFile(_ key: String) throws(SettingsError) -> String? {
        guard let (path, source) = find(key) else { return nil }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw SettingsError(
                key: key, message: "the file \(path) (from \(source)) cannot be read: \(error.localizedDescription)")
        }
    }

    private func read<Value>(
        _ key: String, expected: String, _ parse: (String) -> Value?
    ) throws(SettingsError) -> Value? {
        guard let (text, source) = find(key) else { return nil }
        guard let value = parse(text) else {
            throw SettingsError(key: key, message: "\"\(text)\" (from \(source)) is not \(expected)")
        }
        return value
    }

    private func find(_ key: String) -> (text: String, source: String)? {
        precondition(known.contains(key), "the setting \(key) is missing in the command's flags")
        for layer in layers {
            if let text = layer.config.string(forKey: layer.key(key)) { return (text, layer.name(key)) }
        }
        return nil
    }
}

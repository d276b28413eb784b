package import Logging

/// Writes each log record as one line, whole: records of different threads do not mix.
package struct NodeLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let output: @Sendable (String) -> Void

    /// A handler whose lines (with their line feed) go to `output`.
    package init(
        label: String, level: Logger.Level, format: LogFormat, now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        output: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.now = now
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var values = metadata
        if let provided = metadataProvider?.get() { values.merge(provided) { $1 } }
        if let given = event.metadata { values.merge(given) { $1 } }
        if let error = event.error { values[LogKey.error.rawValue] = "\(error)" }
        let fields = values.sorted { $0.key < $1.key }
        switch format {
        case .text: output(text(event, fields))
        case .json: output(json(event, fields))
        }
    }

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var line = "\(now().iso8601) \(event.level.rawValue) \(label): \(Self.oneLine(event.message.description))"
        for (key, value) in fields {
            let value = value.description
            let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" }
            line += " \(key)="
            if isPlain { line += value } else { line.appendJSONString(value) }
        }
        return line + "\n"
    }

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var line = "{\"time\":\"\(now().iso8601)\",\"level\":\"\(event.level.rawValue)\",\"label\":"
        line.appendJSONString(label)
        line += ",\"message\":"
        line.appendJSONString(event.message.description)
        for (key, value) in fields {
            line += ","
            // The record's own words are not overwritten by a library's metadata of the same name.
            line.appendJSONString(["time", "level", "label", "message"].contains(key) ? "metadata.\(key)" : key)
            line += ":"
            Self.append(value, to: &line)
        }
        return line + "}\n"
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text): line.appendJSONString(text)
        case .stringConvertible(let number as Int): line += String(number)
        case .stringConvertible(let flag as Bool): line += String(flag)
        case .stringConvertible(let other): line.appendJSONString(other.description)
        case .array(let items):
            line += "["
            for (index, item) in items.enumerated() {
                if index > 0 { line += "," }
                append(item, to: &line)
            }
            line += "]"
        case .dictionary(let members):
            line += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                line.appendJSONString(member.key)
                line += ":"
                append(member.value, to: &line)
            }
            line += "}"
        }
    }

    private static func oneLine(_ text: String) -> String {
        text.contains(where: \.isNewline) ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
    }
}

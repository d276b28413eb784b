package import Logging

/// The values of a log record, in the order they are written down.
package typealias LogFields = KeyValuePairs<LogKey, Logger.MetadataValue>

extension Logger {
    /// Attaches a value to every record of this logger.
    package subscript(key: LogKey) -> Logger.MetadataValue? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }

    /// A copy of this logger with values attached to every record: `logger.with([.requestID: "\(id)"])`.
    package func with(_ fields: LogFields) -> Logger {
        var logger = self
        for (key, value) in fields { logger[key] = value }
        return logger
    }

    /// Writes a record with values of the closed set. Nothing is evaluated below the logger's level.
    package func write(
        _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields,
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        log(
            level: level, message(),
            metadata: Dictionary(fields().map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $1 }),
            file: file, function: function, line: line)
    }

    /// Details for whoever reads the code.
    package func debug(_ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields) {
        write(.debug, message(), fields())
    }

    /// What an operator reads as the course of things; never per token.
    package func info(_ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields) {
        write(.info, message(), fields())
    }

    /// What an operator should read.
    package func notice(_ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields) {
        write(.notice, message(), fields())
    }

    /// Something is wrong and was coped with.
    package func warning(_ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields) {
        write(.warning, message(), fields())
    }

    /// Something failed.
    package func error(_ message: @autoclosure () -> Logger.Message, _ fields: @autoclosure () -> LogFields) {
        write(.error, message(), fields())
    }
}

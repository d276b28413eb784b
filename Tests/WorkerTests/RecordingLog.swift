import Logging
import Synchronization

/// Keeps the messages that are logged.
final class RecordingLog: Sendable {
    private let messages = Mutex<[String]>([])

    /// What was logged so far.
    var lines: [String] { messages.withLock { $0 } }

    /// A logger that is kept here.
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.messages.withLock { $0.append("\(event.message)") }
        }
    }
}

/// How log records are written.
package enum LogFormat: String, CaseIterable, Sendable {
    /// `2026-01-31T23:59:59.123456Z info label: message key=value`.
    case text
    /// One JSON object to a line: `time`, `level`, `label`, `message`, and each value under its own key.
    case json
}

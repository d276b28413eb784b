/// Why a node does not start with the settings it was given. The description names the key, the value, where it came
/// from and what is expected.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The flag's name without dashes, or nil where the configuration file itself is wrong.
    package var key: String?
    /// What is wrong, in words.
    package var message: String

    /// Says what is wrong with `key`.
    package init(key: String?, message: String) {
        self.key = key
        self.message = message
    }

    package var description: String { key.map { "--\($0): \(message)" } ?? message }
}

import Foundation

/// The standard output, written at once: a run of hours is read while it goes on.
enum StandardOutput {
    static func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}

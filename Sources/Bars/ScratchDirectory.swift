import Foundation

/// A directory for what is written meanwhile.
enum ScratchDirectory {
    /// Makes one, and removes it when `body` has ended, however it did.
    static func with<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "penstock-bench-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(directory)
    }
}

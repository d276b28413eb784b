private import Foundation

extension StageThresholds {
    /// Reads them from a file of JSON.
    package init(path: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw StageFailure("the thresholds cannot be read from \(path): \(error)")
        }
    }

    /// Writes them to a file of JSON whose lines are in the order of the names.
    package func write(path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(filePath: path))
    }
}

import Foundation
import Shared

/// All that is known of one round: what the checker judges.
struct History: Sendable {
    /// What a round was made of.
    struct Setting: Codable, Hashable, Sendable {
        var seed: UInt64 = 0
        var round = 1
        var name = ""
        /// How long a silent worker keeps its jobs, in milliseconds.
        var lease = 2000
        var appendFsync = ""
        var mutation: String?
        var schedule: [String] = []
    }

    var setting = Setting()
    /// In the order in which they were seen.
    var events: [HistoryEvent] = []
    /// Those of a process in the order in which it wrote them.
    var journals: [JournalLine] = []
    var state = FinalState()

    /// Names of the files in a round's directory.
    enum File {
        static let setting = "setting.json"
        static let events = "history.jsonl"
        static let state = "redis.json"
        static let violations = "violations.txt"
        static func journal(_ node: String) -> String { "journal-\(node).jsonl" }
    }

    /// Reads a round that was kept.
    init(directory: URL) throws {
        let decoder = JSONDecoder()
        setting = try decoder.decode(Setting.self, from: Data(contentsOf: directory.appending(path: File.setting)))
        events = try Self.lines(directory.appending(path: File.events))
        state = try decoder.decode(FinalState.self, from: Data(contentsOf: directory.appending(path: File.state)))
        try readJournals(in: directory)
    }

    init(setting: Setting) { self.setting = setting }

    /// Reads the journals of the workers.
    mutating func readJournals(in directory: URL) throws {
        journals = []
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        where file.hasPrefix("journal-") && file.hasSuffix(".jsonl") {
            let node = String(file.dropFirst("journal-".count).dropLast(".jsonl".count))
            let lines: [JournalLine] = try Self.lines(directory.appending(path: file))
            journals += lines.map { line in
                var line = line
                line.node = node
                return line
            }
        }
    }

    /// The objects of a file of JSON lines. A last line that was cut off, because its writer was killed, is left out.
    private static func lines<Value: Decodable>(_ file: URL) throws -> [Value] {
        let decoder = JSONDecoder()
        let parts = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        return try parts.enumerated().compactMap { index, line in
            do {
                return try decoder.decode(Value.self, from: Data(line))
            } catch {
                if index == parts.count - 1 { return nil }
                throw error
            }
        }
    }
}

import Foundation
import Shared

/// What the nodes of a round wrote into their logs: lines with a time.
struct NodeLogs: Sendable {
    struct Line: Hashable, Sendable {
        var at: Int64
        var node: String
        var text: String
    }

    var lines: [Line] = []

    init(lines: [Line] = []) { self.lines = lines }

    /// Reads `frontend-1.2.log` and the like.
    init(in directory: URL) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        where file.hasSuffix(".log") {
            let node = String(file.prefix { $0 != "." })
            let text = String(decoding: try Data(contentsOf: directory.appending(path: file)), as: UTF8.self)
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 1)
                guard words.count == 2, let time = Timestamp(iso8601: String(words[0])) else { continue }
                lines.append(Line(at: time.microseconds, node: node, text: String(words[1])))
            }
        }
    }
}

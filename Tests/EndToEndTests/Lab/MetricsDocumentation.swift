import Foundation

/// What `docs/observability.md` says of the metrics: in tables whose first column names them and whose second names their labels.
struct MetricsDocumentation {
    /// The labels of each metric.
    private(set) var labels: [String: Set<String>] = [:]
    /// Metrics that stand in two tables.
    private(set) var repeated: Set<String> = []

    init() throws {
        let text = try Self.file("docs/observability.md")
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let columns = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard columns.count == 5 else { continue }
            for name in Self.names(in: columns[1]) {
                let known = labels.updateValue(
                    Set(columns[2].matches(of: #/`([a-z_]+)`/#).map { String($0.1) }), forKey: name)
                if known != nil { repeated.insert(name) }
            }
        }
    }

    /// The metrics named in a text, without the endings of a histogram's series.
    static func names(in text: String) -> Set<String> {
        Set(
            text.matches(
                of:
                    #/\b(?:penstock_(?:frontend|worker|queue|control|redis|event|metrics)|gen_ai_(?:server|client)|process)_[a-z_]+/#
            )
            .map { String($0.output).replacing(#/_(?:bucket|sum|count)$/#, with: "") })
    }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file of the repository.
    static func file(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }
}

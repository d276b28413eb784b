/// What a figure must fulfil: `ttfc.p99<50ms`, `chunks_per_second>=10000`, `errors=0`.
///
/// | figure | |
/// |---|---|
/// | a metric and a number of its distribution | `connect`, `accepted`, `ttfc`, `gap`, `latency`, `answer`, `stop.acknowledged`, `stop.observed`, `stop.last_chunk`, `stop.settled`, `resume`, `client.lag`, with `.min`, `.mean`, `.max`, `.count` or `.p50` to `.p99.999`; against a time (`250us`, `50ms`, `1.5s`), or for `.count` a number. `stop.late_tokens`: against a number |
/// | a count | of the measured time, by its name in the JSON result: `requests`, `chunks`, `tokens`, `completed`, `stops`, `late_tokens`, … |
/// | `errors`, `lost`, `failed`, `refused`, `unconnected`, `unsent` | of the whole run |
/// | a rate | `requests_per_second`, `chunks_per_second`, `tokens_per_second`, `bytes_per_second` |
/// | the client's own | `client.cpu_per_chunk` (a time), `client.memory` (bytes, with `k`, `M`, `G`) |
///
/// Compared by `<`, `<=`, `>`, `>=` or `=`.
struct Limit: Hashable, Sendable, CustomStringConvertible {
    enum Comparison: String, CaseIterable, Sendable {
        // Longer ones first, for the text is read in this order.
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
        case equal = "="

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .atMost: value <= bound
            case .atLeast: value >= bound
            case .below: value < bound
            case .above: value > bound
            case .equal: value == bound
            }
        }
    }

    /// What is wrong with the text of a limit, and what would be right.
    struct Malformed: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    let figure: Figure
    let comparison: Comparison
    /// In the unit of the figure.
    let bound: Double
    let description: String

    init(_ text: String) throws(Malformed) {
        let compact = text.filter { !$0.isWhitespace }
        description = compact
        guard let sign = compact.firstIndex(where: { "<>=".contains($0) }) else {
            throw Malformed(description: "\"\(text)\" compares nothing: write ttfc.p99<50ms")
        }
        let rest = compact[sign...]
        guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
            throw Malformed(description: "\"\(text)\" compares nothing: write ttfc.p99<50ms")
        }
        self.comparison = comparison
        guard let figure = Figure(String(compact[..<sign])) else {
            throw Malformed(description: "\"\(compact[..<sign])\" is no figure: see docs/loadtest.md")
        }
        self.figure = figure
        let value = String(rest.dropFirst(comparison.rawValue.count))
        guard let bound = figure.unit.read(value) else {
            throw Malformed(description: "\"\(value)\" is not \(figure.unit.expected) (\(compact))")
        }
        self.bound = bound
    }
}

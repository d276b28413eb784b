/// A page of metrics in Prometheus's text format, read as strictly as Prometheus reads it and `promtool check metrics` judges it.
package struct PrometheusPage: Sendable {
    package struct Series: Hashable, Sendable {
        package var name: String
        package var labels: [String: String]
    }

    /// What is wrong with a page.
    package struct Malformed: Error, CustomStringConvertible {
        var line: String
        var reason: String
        package var description: String { "\(reason): \(line)" }
    }

    /// By the names of the metrics: `counter`, `gauge` or `histogram`.
    package private(set) var kinds: [String: String] = [:]
    package private(set) var help: [String: String] = [:]
    package private(set) var values: [Series: Double] = [:]

    /// Throws `Malformed` at the first thing that is wrong.
    package init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: "", reason: "no end of line") }
        var current = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let line = String(line)
            if line.hasPrefix("# HELP ") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count == 4, help.updateValue(String(words[3]), forKey: String(words[2])) == nil else {
                    throw Malformed(line: line, reason: "no help, or a second one")
                }
            } else if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 4, kinds.updateValue(words[3], forKey: words[2]) == nil else {
                    throw Malformed(line: line, reason: "a metric begins twice")
                }
                current = words[2]
                try check(current, kind: words[3], line)
            } else {
                try read(line, of: current)
            }
        }
        for (name, kind) in kinds where kind == "histogram" { try checkHistogram(name) }
    }

    /// The value of the series with exactly these labels; nil where there is none.
    package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        values[Series(name: name, labels: labels)]
    }

    /// The sum over the series with these labels and any others; 0 where there is none.
    package func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        values.filter { series, _ in
            series.name == name && labels.allSatisfy { series.labels[$0.key] == $0.value }
        }.values.reduce(0, +)
    }

    /// The names of the labels of a metric.
    package func labels(of metric: String) -> Set<String> {
        let names = kinds[metric] == "histogram" ? ["\(metric)_count"] : [metric]
        return Set(values.keys.filter { names.contains($0.name) }.flatMap(\.labels.keys))
    }

    private func check(_ name: String, kind: String, _ line: String) throws {
        guard name.wholeMatch(of: #/[a-z][a-z0-9_]*/#) != nil else { throw Malformed(line: line, reason: "the name") }
        guard help[name] != nil else { throw Malformed(line: line, reason: "no help") }
        guard ["counter", "gauge", "histogram"].contains(kind) else { throw Malformed(line: line, reason: "the kind") }
        guard name.hasSuffix("_total") == (kind == "counter") else {
            throw Malformed(line: line, reason: "counters, and nothing else, end in _total")
        }
        for suffix in [
            "_bucket", "_sum", "_count", "_info", "_milliseconds", "_ms", "_kilobytes", "_percent", "_histogram",
        ]
        where name.hasSuffix(suffix) { throw Malformed(line: line, reason: "the name ends in \(suffix)") }
    }

    private mutating func read(_ line: String, of metric: String) throws {
        guard let parts = line.wholeMatch(of: #/([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)/#) else {
            throw Malformed(line: line, reason: "not a sample")
        }
        let name = String(parts.1)
        let names = kinds[metric] == "histogram" ? ["_bucket", "_sum", "_count"].map { metric + $0 } : [metric]
        guard names.contains(name) else { throw Malformed(line: line, reason: "not of \(metric)") }
        var labels: [String: String] = [:]
        var rest = parts.2.map { String($0) } ?? ""
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: #/([a-z_][a-z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/#),
                !label.2.isEmpty, labels.updateValue(String(label.2), forKey: String(label.1)) == nil
            else { throw Malformed(line: line, reason: "a label") }
            rest.removeSubrange(label.range)
        }
        guard (labels["le"] != nil) == name.hasSuffix("_bucket") else {
            throw Malformed(line: line, reason: "le is for buckets")
        }
        let number = parts.3 == "+Inf" ? Double.infinity : Double(parts.3)
        guard let number, values.updateValue(number, forKey: Series(name: name, labels: labels)) == nil else {
            throw Malformed(line: line, reason: "no number, or a series that is there twice")
        }
        guard kinds[metric] == "gauge" || number >= 0 else { throw Malformed(line: line, reason: "less than nothing") }
    }

    private func checkHistogram(_ name: String) throws {
        for (series, count) in values where series.name == "\(name)_count" {
            let buckets = values.compactMap { other, value -> (bound: Double, count: Double)? in
                guard other.name == "\(name)_bucket" else { return nil }
                var labels = other.labels
                guard let bound = labels.removeValue(forKey: "le"), labels == series.labels else { return nil }
                return (bound == "+Inf" ? .infinity : Double(bound) ?? .nan, value)
            }.sorted { $0.bound < $1.bound }
            guard buckets.count > 1, buckets.last?.bound == .infinity, buckets.last?.count == count,
                zip(buckets, buckets.dropFirst()).allSatisfy({ $0.count <= $1.count }),
                values[Series(name: "\(name)_sum", labels: series.labels)] != nil
            else { throw Malformed(line: "\(series)", reason: "the buckets do not add up") }
        }
    }
}

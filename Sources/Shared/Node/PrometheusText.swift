/// The kinds of metrics that Prometheus knows and Penstock has.
package enum PrometheusKind: String, Sendable {
    case counter, gauge, histogram
}

/// A number that is read when the page is. Samples of one name stand next to each other.
package struct PrometheusSample: Sendable {
    package var name: String
    package var kind: PrometheusKind
    package var help: String
    package var labels: [(String, String)]
    package var value: Double

    package init(
        name: String, kind: PrometheusKind, help: String, labels: [(String, String)] = [], value: Double
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.value = value
    }
}

/// The labels of a series, in the form of the exposition format, sorted: `code="1000",role="worker"`.
struct PrometheusLabels: Hashable, Sendable {
    let text: String

    init(_ dimensions: [(String, String)]) {
        text = dimensions.sorted { $0.0 < $1.0 }.map { name, value in
            "\(PrometheusText.name(name, isLabel: true))=\"\(PrometheusText.escape(value, quotes: true))\""
        }.joined(separator: ",")
    }
}

/// Writes a page in Prometheus's text exposition format 0.0.4.
struct PrometheusText: Sendable {
    private(set) var text = ""

    /// Begins a metric.
    mutating func begin(_ name: String, kind: PrometheusKind, help: String?) {
        if let help { text += "# HELP \(name) \(Self.escape(help, quotes: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// One line. `extra` is a label behind the others, already in the form of the format.
    mutating func sample(_ name: String, _ labels: PrometheusLabels, extra: String = "", _ value: Double) {
        text += name
        if !labels.text.isEmpty || !extra.isEmpty {
            let comma = labels.text.isEmpty || extra.isEmpty ? "" : ","
            text += "{\(labels.text)\(comma)\(extra)}"
        }
        text += " \(Self.number(value))\n"
    }

    /// The lines of a histogram. `counts` are those of each bucket alone, the one above all bounds included.
    mutating func histogram(
        _ name: String, _ labels: PrometheusLabels, bounds: [Double], counts: [UInt64], sum: Double
    ) {
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total &+= count
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            sample("\(name)_bucket", labels, extra: "le=\"\(bound)\"", Double(total))
        }
        sample("\(name)_sum", labels, sum)
        sample("\(name)_count", labels, Double(total))
    }

    /// A number as the format writes it; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        return "\(value)"
    }

    /// `text` with `_` for whatever a metric's or a label's name may not have.
    static func name(_ text: String, isLabel: Bool = false) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
            case ":": name += isLabel ? "_" : ":"
            case "0"..."9": name += name.isEmpty ? "_\(scalar)" : "\(scalar)"
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : name
    }

    /// Escapes a label's value or a help text.
    static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

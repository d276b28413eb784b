/// A number of a run's result that can be limited: see `Limit`.
enum Figure: Hashable, Sendable {
    enum Statistic: Hashable, Sendable {
        case minimum, mean, maximum, count
        case percentile(Double)
    }

    enum Unit: Hashable, Sendable {
        /// Milliseconds.
        case time
        case number
        /// Bytes.
        case memory

        var expected: String {
            switch self {
            case .time: "a time with its unit, such as 250us, 50ms or 1.5s"
            case .number: "a number"
            case .memory: "a number of bytes, such as 150M"
            }
        }

        /// Reads a value of this unit.
        func read(_ text: String) -> Double? {
            let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            let suffix = String(text.dropFirst(digits.count))
            return switch self {
            case .time: ["ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1000][suffix].map { number * $0 }
            case .number: ["": 1, "k": 1e3, "M": 1e6][suffix].map { number * $0 }
            case .memory: ["": 1, "k": 1e3, "M": 1e6, "G": 1e9][suffix].map { number * $0 }
            }
        }
    }

    case metric(Metric, Statistic)
    case count(Count)
    case rate(Count)
    case errors
    case cpuPerChunk
    case memory

    /// Reads the name of a figure.
    init?(_ name: String) {
        switch name {
        case "errors": self = .errors
        case "client.cpu_per_chunk": self = .cpuPerChunk
        case "client.memory": self = .memory
        default:
            if let count = Count(rawValue: name) {
                self = .count(count)
            } else if name.hasSuffix("_per_second"), let count = Count(rawValue: String(name.dropLast(11))) {
                self = .rate(count)
            } else if let metric = Metric.allCases.first(where: { name.hasPrefix($0.rawValue + ".") }),
                let statistic = Self.statistic(name.dropFirst(metric.rawValue.count + 1))
            {
                self = .metric(metric, statistic)
            } else {
                return nil
            }
        }
    }

    private static func statistic(_ name: Substring) -> Statistic? {
        switch name {
        case "min": .minimum
        case "mean": .mean
        case "max": .maximum
        case "count": .count
        default:
            name.first == "p"
                ? Double(name.dropFirst()).flatMap { (0...100).contains($0) ? .percentile($0) : nil } : nil
        }
    }

    var unit: Unit {
        switch self {
        case .metric(_, .count), .count, .rate, .errors: .number
        case .metric(let metric, _): metric.unit == .time ? .time : .number
        case .cpuPerChunk: .time
        case .memory: .memory
        }
    }
}

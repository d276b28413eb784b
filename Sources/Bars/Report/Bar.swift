/// One number to reach: what was measured, the part that it is compared with, and whether the bar is met. Pure.
struct Bar: Sendable {
    enum Bound: Hashable, Sendable {
        case atLeast(Double)
        case atMost(Double)

        func holds(_ value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            }
        }
    }

    enum Unit: String, Sendable {
        case perSecond = "/s"
        case microseconds = "µs"
        case megabytes = "MB"
        case count = ""
    }

    /// As `--only` and the JSON have it.
    var name: String
    /// For people.
    var what: String
    var unit: Unit
    /// The median of the rounds.
    var measured: Double
    /// What it is compared with, and its median; nil where the bar is on the measured value itself.
    var part: (name: String, value: Double)?
    var bound: Bound
    /// What a reader should know of this measurement.
    var notes: [String] = []
    /// Why it does not count, whatever its value.
    var problems: [String] = []

    var ratio: Double? { part.map { measured / $0.value } }

    /// What the bar is on.
    var judged: Double { ratio ?? measured }

    /// NaN meets nothing.
    var isMet: Bool { problems.isEmpty && bound.holds(judged) }
}

extension Bar {
    /// Of several rounds: the medians of both.
    init(
        _ name: String, _ what: String, _ unit: Unit, _ measured: [Double],
        of part: (name: String, values: [Double])? = nil, _ bound: Bound, notes: [String] = [], problems: [String] = []
    ) {
        self.init(
            name: name, what: what, unit: unit, measured: Percentiles(measured).median,
            part: part.map { ($0.name, Percentiles($0.values).median) }, bound: bound, notes: notes, problems: problems)
        if measured.count > 1 { self.notes.insert("rounds \(Self.list(measured, unit))", at: 0) }
        if let part, part.values.count > 1 { self.notes.insert("\(part.name) \(Self.list(part.values, unit))", at: 1) }
    }

    /// The values of all rounds, for a note.
    static func list(_ values: [Double], _ unit: Unit) -> String {
        values.map { unit.text($0, isBare: true) }.joined(separator: " ")
    }
}

extension Bar.Unit {
    /// A value with as many digits as mean something.
    func text(_ value: Double, isBare: Bool = false) -> String {
        guard value.isFinite else { return "–" }
        let number: String
        switch self {
        case .perSecond where value >= 1e6: number = "\((value / 1e6).decimal(2))M"
        case .perSecond where value >= 1e4: number = "\((value / 1e3).decimal(0))k"
        case .microseconds where value < 100: number = value.decimal(2)
        case .megabytes: number = value.decimal(1)
        case .perSecond, .microseconds, .count: number = value.decimal(0)
        }
        return isBare || rawValue.isEmpty ? number : "\(number)\(self == .perSecond ? "" : " ")\(rawValue)"
    }
}

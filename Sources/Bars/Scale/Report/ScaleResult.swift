/// What a sweep found. Pure.
struct ScaleResult: Sendable {
    struct Point: Sendable {
        /// Where it stands on the axis.
        var position: Double
        var label: String
        var figures: ScaleFigures

        init(_ sweep: any ScaleSweep, _ place: ScalePlace, _ rounds: [ScaleFigures]) {
            figures = ScaleFigures(rounds: rounds)
            position = sweep.position(of: place, figures)
            label = place.label
        }
    }

    var name: String
    var title: String
    var axis: String
    var points: [Point]
    var rules: [LinearRule]
    var panels: [ScalePanel]

    init(_ sweep: any ScaleSweep, points: [Point]) {
        name = type(of: sweep).name
        title = sweep.title
        axis = sweep.axis
        self.points = points
        rules = sweep.rules
        panels = sweep.panels
    }

    /// What grows faster than linearly, in words.
    var breaches: [String] {
        rules.flatMap { rule in
            rule.breaches(points.map { $0.figures[rule.figure] }).map { breach in
                func told(_ index: Int) -> String {
                    rule.figure.text(points[index].figures[rule.figure] ?? .nan) + " at \(points[index].label)"
                }
                let slack = rule.slack > 0 ? " and \(rule.figure.text(rule.slack)) more" : ""
                return "\(name): \(rule.figure.rawValue) is \(told(breach.larger)), \(told(breach.smaller)): "
                    + "more than \(rule.factor.decimal(1)) times\(slack)"
            }
        }
    }

    /// What does not count, in words.
    var problems: [String] {
        points.flatMap { point in point.figures.problems.map { "\(name) at \(point.label): \($0)" } }
    }

    /// Where others took so much of the machine that figures say little.
    var disturbances: [String] {
        points.compactMap { point in
            guard let others = point.figures[.others], others > 0.05 else { return nil }
            return "\(name) at \(point.label): other processes took \((others * 100).decimal(0)) % of the machine"
        }
    }

    /// All points in a line, as they are measured.
    var line: String {
        points.map { point in
            let figures = ScaleFigure.allCases.compactMap { figure in
                point.figures[figure].map { "\(figure.heading) \(figure.text($0))" }
            }
            return "\(point.label): " + (figures + point.figures.problems).joined(separator: ", ")
        }.joined(separator: "\n")
    }

    /// For a terminal: a row for each point.
    var table: String {
        let shown = ScaleFigure.allCases.filter { figure in points.contains { $0.figures[figure] != nil } }
        let rows = points.map { point in
            [point.label] + shown.map { figure in point.figures[figure].map(figure.text) ?? "–" }
        }
        return "\(title)\n" + BarsReport.aligned([[axis] + shown.map(\.heading)] + rows) + "\n"
    }
}

/// Lines over an axis, in panels side by side. Pure.
struct Plot: Sendable {
    struct Line: Sendable {
        var name: String
        var points: [(x: Double, y: Double)]
    }

    struct Panel: Sendable {
        var title: String
        var lines: [Line]
    }

    var title: String
    var axis: String
    /// Where the axis has its marks.
    var marks: [(x: Double, label: String)]
    var panels: [Panel]

    init(title: String, axis: String, marks: [(x: Double, label: String)], panels: [Panel]) {
        self.title = title
        self.axis = axis
        self.marks = marks
        self.panels = panels
    }

    /// Of what a sweep found; nil where there is nothing to show.
    init?(_ result: ScaleResult) {
        let panels = result.panels.compactMap { panel -> Panel? in
            let lines = panel.lines.compactMap { name, figure -> Line? in
                let points = result.points.compactMap { point -> (x: Double, y: Double)? in
                    // An axis of decades has no place for anything else.
                    guard let y = point.figures[figure], y.isFinite, y > 0, point.position > 0 else { return nil }
                    return (point.position, y)
                }
                return points.isEmpty ? nil : Line(name: name, points: points)
            }
            return lines.isEmpty ? nil : Panel(title: panel.title, lines: lines)
        }
        guard !panels.isEmpty else { return nil }
        self.init(
            title: result.title, axis: result.axis,
            marks: result.points.filter { $0.position > 0 }.map { ($0.position, $0.label) }, panels: panels)
    }
}

extension Plot {
    private static let width = 330.0
    private static let height = 230.0
    private static let (left, right, top, bottom) = (52.0, 36.0, 62.0, 46.0)
    /// Of one brightness each, to be told apart before white and before black.
    private static let ofRoles = ["Redis": "#d9544f", "worker": "#2e9e6b", "frontend": "#3f86e0"]
    private static let others = ["#9b6dd6", "#c98a1b", "#1a9bab", "#c2618f"]

    /// A picture that needs nothing else: no background, and greys that are read on a light page and on a dark one.
    var svg: String {
        let each = Self.left + Self.width + Self.right
        let whole = (each * Double(panels.count), Self.top + Self.height + Self.bottom)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(whole.0)) \(Self.number(whole.1))" \
            width="\(Self.number(whole.0))" height="\(Self.number(whole.1))" role="img" font-family="sans-serif" font-size="11" fill="#7d8590">
            <title>\(Self.escaped(title))</title>
            <text x="\(Self.number(Self.left))" y="16" font-size="14" font-weight="bold">\(Self.escaped(title))</text>

            """
        for (index, panel) in panels.enumerated() {
            text +=
                "<g transform=\"translate(\(Self.number(each * Double(index) + Self.left)) \(Self.number(Self.top)))\">\n"
            text += drawn(panel)
            text += "</g>\n"
        }
        return text + "</svg>\n"
    }

    private func drawn(_ panel: Panel) -> String {
        let across = PlotScale(along: marks.map(\.x))
        let up = PlotScale(holding: panel.lines.flatMap { $0.points.map(\.y) })
        func x(_ value: Double) -> Double { across.position(value) * Self.width }
        func y(_ value: Double) -> Double { (1 - up.position(value)) * Self.height }
        var text = "<text y=\"-28\" font-weight=\"bold\">\(Self.escaped(panel.title))</text>\n"
        for tick in up.ticks {
            let place = Self.number(y(tick))
            text += "<path d=\"M0 \(place)H\(Self.number(Self.width))\" stroke=\"#7d8590\" stroke-opacity=\"0.3\"/>\n"
            text += "<text x=\"-6\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(Self.short(tick))</text>\n"
        }
        var free = -Double.infinity
        for mark in marks {
            let place = x(mark.x)
            let half = Double(mark.label.count) * 3.2
            guard place - half >= free else { continue }
            free = place + half + 4
            text += "<text x=\"\(Self.number(place))\" y=\"\(Self.number(Self.height + 16))\" text-anchor=\"middle\">"
            text += "\(Self.escaped(mark.label))</text>\n"
        }
        text +=
            "<text x=\"\(Self.number(Self.width / 2))\" y=\"\(Self.number(Self.height + 36))\" text-anchor=\"middle\">"
        text += "\(Self.escaped(axis))</text>\n"
        var key = 0.0
        for (line, other) in zip(panel.lines, Self.others) {
            let colour = Self.ofRoles[line.name] ?? other
            let points = line.points.map { "\(Self.number(x($0.x))),\(Self.number(y($0.y)))" }
            text +=
                "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
            for (point, place) in zip(line.points, line.points.map { (Self.number(x($0.x)), Self.number(y($0.y))) }) {
                text += "<circle cx=\"\(place.0)\" cy=\"\(place.1)\" r=\"3\" fill=\"\(colour)\">"
                text += "<title>\(Self.escaped(line.name)): \(Self.short(point.y))</title></circle>\n"
            }
            text += "<text x=\"\(Self.number(key))\" y=\"-11\" fill=\"\(colour)\">\(Self.escaped(line.name))</text>\n"
            key += Double(line.name.count) * 6 + 14
        }
        return text
    }

    /// With one digit behind the point at most, which is less than a pixel.
    private static func number(_ value: Double) -> String {
        let text = value.decimal(1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// For people: with as many digits as mean something.
    private static func short(_ value: Double) -> String {
        switch value {
        case 1e6...: "\(trimmed(value / 1e6))M"
        case 1e4...: "\(trimmed(value / 1e3))k"
        default: trimmed(value)
        }
    }

    private static func trimmed(_ value: Double) -> String {
        var text = value.decimal(value >= 100 ? 0 : value >= 1 ? 1 : 3)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

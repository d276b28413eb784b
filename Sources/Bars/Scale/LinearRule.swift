/// When the cost of one thing has grown faster than linearly. Pure.
///
/// Where the whole cost grows at most linearly, a part of it that does not depend on the number included, the cost of one thing does not
/// grow at all: it falls while fixed costs are shared by more, and then stays. So a point breaks the rule where one thing costs more than
/// `factor` times, and `slack` more than, what it cost at the cheapest of the smaller points. `factor` is what caches that no longer hold everything and
/// an unquiet machine may do.
struct LinearRule: Sendable {
    var figure: ScaleFigure
    var factor: Double
    /// In the unit of the figure.
    var slack = 0.0

    /// Of two points that tell against it.
    struct Breach: Hashable, Sendable {
        var smaller: Int
        var larger: Int
    }

    /// Where it is broken; `values` go from the smallest point to the largest, and where there is none nothing is judged.
    func breaches(_ values: [Double?]) -> [Breach] {
        var cheapest: (index: Int, value: Double)?
        var breaches: [Breach] = []
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            // A value that is no number is no proof of anything: it breaks the rule.
            if let cheapest, !(value <= cheapest.value * factor + slack) {
                breaches.append(Breach(smaller: cheapest.index, larger: index))
            }
            if value.isFinite, value < cheapest?.value ?? .infinity { cheapest = (index, value) }
        }
        return breaches
    }
}

extension LinearRule {
    /// What a token costs each role.
    static func tokenCosts(factor: Double) -> [LinearRule] {
        [.redis, .worker, .frontend].map { LinearRule(figure: $0, factor: factor) }
    }
}

import Foundation

/// Numbers drawn at random, none below zero: how many tokens an answer has, how fast they come, when a stop is sent.
///
/// | text | |
/// |---|---|
/// | `200`, `fixed:200` | always 200 |
/// | `uniform:10,100` | any number from 10 to 100, all alike |
/// | `normal:200,50` | mean and standard deviation; what would be negative is 0 |
/// | `lognormal:200,0.5` | median, and standard deviation of the logarithm: half are below 200, and few are very long |
/// | `exponential:200` | mean |
struct Distribution: Hashable, Sendable {
    enum Shape: Hashable, Sendable {
        case fixed(Double)
        case uniform(Double, Double)
        case normal(mean: Double, deviation: Double)
        case lognormal(median: Double, sigma: Double)
        case exponential(mean: Double)
    }

    /// What is wrong with the text of a distribution, and what would be right.
    struct Malformed: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    let shape: Shape

    init(_ shape: Shape) { self.shape = shape }

    /// Reads one of the forms above.
    init(_ text: String) throws(Malformed) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count == 2 ? String(parts[0]) : "fixed"
        let numbers = parts[parts.count - 1].split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        let values = numbers.compactMap { $0 }.filter { $0.isFinite && $0 >= 0 }
        guard values.count == numbers.count else {
            throw Malformed(description: "\"\(text)\": its numbers must not be negative")
        }
        switch (name, values.count) {
        case ("fixed", 1): shape = .fixed(values[0])
        case ("uniform", 2) where values[0] <= values[1]: shape = .uniform(values[0], values[1])
        case ("normal", 2): shape = .normal(mean: values[0], deviation: values[1])
        case ("lognormal", 2) where values[0] > 0: shape = .lognormal(median: values[0], sigma: values[1])
        case ("exponential", 1): shape = .exponential(mean: values[0])
        default:
            throw Malformed(
                description: "\"\(text)\" is none of 200, fixed:200, uniform:10,100, normal:200,50, "
                    + "lognormal:200,0.5 and exponential:200")
        }
    }

    /// The next number.
    func sample(_ random: inout some RandomNumberGenerator) -> Double {
        switch shape {
        case .fixed(let value): value
        case .uniform(let low, let high): Double.random(in: low...high, using: &random)
        case .normal(let mean, let deviation): max(mean + deviation * Self.standardNormal(&random), 0)
        case .lognormal(let median, let sigma): median * exp(sigma * Self.standardNormal(&random))
        case .exponential(let mean): mean * Self.standardExponential(&random)
        }
    }

    /// The next number, as a whole one of at most `limit`.
    func count(_ random: inout some RandomNumberGenerator, atMost limit: Int) -> Int {
        Int(min(sample(&random).rounded(), Double(limit)))
    }

    /// The expected value (of `normal`, before what would be negative becomes 0).
    var mean: Double {
        switch shape {
        case .fixed(let value): value
        case .uniform(let low, let high): (low + high) / 2
        case .normal(let mean, _): mean
        case .lognormal(let median, let sigma): median * exp(sigma * sigma / 2)
        case .exponential(let mean): mean
        }
    }

    /// Of mean 1.
    static func standardExponential(_ random: inout some RandomNumberGenerator) -> Double {
        -log(1 - Double.random(in: 0..<1, using: &random))
    }

    /// Of mean 0 and deviation 1 (Box and Muller).
    private static func standardNormal(_ random: inout some RandomNumberGenerator) -> Double {
        let radius = (2 * standardExponential(&random)).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
    }
}

extension Distribution: CustomStringConvertible {
    /// The text it is read from.
    var description: String {
        func text(_ value: Double) -> String {
            value == value.rounded() && value < 1e15 ? "\(Int(value))" : "\(value)"
        }
        return switch shape {
        case .fixed(let value): text(value)
        case .uniform(let low, let high): "uniform:\(text(low)),\(text(high))"
        case .normal(let mean, let deviation): "normal:\(text(mean)),\(text(deviation))"
        case .lognormal(let median, let sigma): "lognormal:\(text(median)),\(text(sigma))"
        case .exponential(let mean): "exponential:\(text(mean))"
        }
    }
}

import Foundation

/// Numbers as people read them.
enum NumberText {
    /// Three digits and a unit: `850 µs`, `1.24 ms`, `12.3 s`.
    static func milliseconds(_ value: Double) -> String {
        switch value {
        case 0: "0"
        case ..<0.001: "< 1 µs"
        case ..<1: "\(threeDigits(value * 1000)) µs"
        case ..<1000: "\(threeDigits(value)) ms"
        default: "\(threeDigits(value / 1000)) s"
        }
    }

    /// Groups of thousands: `12,345`.
    static func count(_ value: UInt64) -> String {
        var digits = Array(String(value))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }

    /// A number a second: `52.3`, `12,345`.
    static func rate(_ value: Double) -> String {
        value < 1000 && value != value.rounded() ? threeDigits(value) : count(UInt64(value.rounded()))
    }

    static func bytes(_ value: Int) -> String {
        value < 10_000_000 ? "\(threeDigits(Double(value) / 1e3)) kB" : "\(threeDigits(Double(value) / 1e6)) MB"
    }

    /// A value of a metric.
    static func value(_ value: Double, _ unit: Metric.Unit) -> String {
        switch unit {
        case .time: milliseconds(value)
        case .tokens: rate(value)
        }
    }

    private static func threeDigits(_ value: Double) -> String {
        switch value {
        case ..<9.995: String(format: "%.2f", value)
        case ..<99.95: String(format: "%.1f", value)
        default: String(format: "%.0f", value)
        }
    }
}

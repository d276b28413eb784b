import Foundation

/// Where values stand along an axis: evenly by their logarithm, or by themselves. Pure.
struct PlotScale: Sendable {
    var low: Double
    var high: Double
    var isLogarithmic: Bool
    /// Where lines cross it.
    var ticks: [Double]

    /// 0 at its beginning, 1 at its end.
    func position(_ value: Double) -> Double {
        isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    /// For values above 0: by decades where they span more than one and a half, from 0 otherwise.
    init(holding values: [Double]) {
        let smallest = values.min() ?? 1
        let largest = values.max() ?? 1
        isLogarithmic = largest / smallest > 30
        if isLogarithmic {
            low = pow(10, floor(log10(smallest)))
            high = pow(10, ceil(log10(largest)))
            ticks = stride(from: log10(low).rounded(), through: log10(high).rounded(), by: 1).map { pow(10, $0) }
        } else {
            // 1, 2 or 5 times a power of ten, some four of them.
            let power = pow(10, floor(log10(largest / 4)))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 4.5 >= largest } ?? power * 10
            low = 0
            high = step * ceil(largest / step)
            ticks = stride(from: 0, through: high + step / 2, by: step).map { $0 }
        }
    }

    /// Exactly from the smallest to the largest, by logarithm.
    init(along values: [Double]) {
        low = values.min() ?? 1
        high = max(values.max() ?? 1, low * 1.01)
        isLogarithmic = true
        ticks = []
    }
}

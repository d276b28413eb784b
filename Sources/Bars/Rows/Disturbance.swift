import NIOCore

/// How much others took of the machine while something was measured. Pure.
struct Disturbance: Sendable {
    private var shares: [Double] = []

    mutating func add(_ usage: Usage, cores: Int = System.coreCount) { shares.append(usage.others(cores: cores)) }

    /// A word on it, where it matters.
    var notes: [String] {
        let share = Percentiles(shares).median
        return share > 0.05 ? ["other processes took \((share * 100).decimal(0)) % of the machine meanwhile"] : []
    }
}

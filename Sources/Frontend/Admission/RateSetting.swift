/// A rate as people write it: `5` or `5/s`, `100/m`, `1000/h`. 1 to 1,000,000 in the time.
struct RateSetting: Hashable, Sendable, CustomStringConvertible {
    let count: Int
    /// Of the time, in nanoseconds.
    let period: Int64

    private static let periods: [(name: String, nanoseconds: Int64)] = [
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    init(perSecond count: Int) {
        precondition((1...1_000_000).contains(count), "no such rate")
        self.count = count
        period = 1_000_000_000
    }

    /// Nil for what is not a rate.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let count = Int(parts[0]), (1...1_000_000).contains(count),
            let period = Self.periods.first(where: { $0.name == (parts.count == 2 ? parts[1] : "s") })
        else { return nil }
        self.count = count
        self.period = period.nanoseconds
    }

    var description: String {
        "\(count)/\(Self.periods.first { $0.nanoseconds == period }?.name ?? "s")"
    }
}

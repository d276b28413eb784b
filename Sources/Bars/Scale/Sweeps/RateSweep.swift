/// Faster and faster streams, 100 of them, and at last as fast as can be.
struct RateSweep: ScaleSweep {
    static let name = "rate"

    let title = "Token rate of a stream"
    let axis = "tokens a second of each of 100 streams"
    /// The last one is unlimited; where it stands on the axis is what is measured.
    let places =
        [1.0, 2, 5, 10, 20, 50, 100, 200].map { ScalePlace($0, isLong: [2, 5, 20, 100].contains($0)) }
        + [ScalePlace(.infinity, "unlimited")]
    let rules = LinearRule.tokenCosts(factor: 1.5)
    let panels: [ScalePanel] = [.tokenCosts, .latency]

    func position(of place: ScalePlace, _ figures: ScaleFigures) -> Double {
        place.value.isFinite ? place.value : (figures[.tokens] ?? 0) / 100
    }

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        try await BarsLab.with(in: run.directory) { lab in
            guard place.value.isFinite else { return try await lab.unlimited(streams: 100, run) }
            var figures = try await lab.paced(streams: 100, rate: place.value, run)
            for figure in [ScaleFigure.redisMemory, .workerMemory, .frontendMemory] { figures[figure] = nil }
            return figures
        }
    }
}

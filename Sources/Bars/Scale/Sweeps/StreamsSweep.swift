/// More and more streams of 2 tokens a second, each on a connection of its own. The rate is the same everywhere, so that what a stream costs by
/// being there, its lease above all, has the same part in the cost of a token.
struct StreamsSweep: ScaleSweep {
    static let name = "streams"

    let title = "Streams"
    let axis = "streams"
    let places = [
        ScalePlace(1), ScalePlace(10), ScalePlace(100), ScalePlace(1000), ScalePlace(3000, isLong: true),
        ScalePlace(10_000, isLong: true),
    ]
    let rules = LinearRule.tokenCosts(factor: 1.5)
    let panels: [ScalePanel] = [
        .tokenCosts, .latency,
        ScalePanel(
            title: "Memory per stream (KB)",
            lines: [("Redis", .redisMemory), ("worker", .workerMemory), ("frontend", .frontendMemory)]),
    ]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        let streams = place.count
        let files = MachineFigures.allowFiles(streams + 1000)
        guard files >= streams + 500 else { throw BarsFailure("only \(files) files may be open: ulimit -n") }
        return try await BarsLab.with(worker: ["--slots", "\(streams + 64)"], in: run.directory) { lab in
            var figures = try await lab.paced(streams: streams, rate: 2, run)
            // Of few, what comes and goes otherwise is more than what they take.
            if streams < 100 {
                for figure in [ScaleFigure.redisMemory, .workerMemory, .frontendMemory] { figures[figure] = nil }
            }
            return figures
        }
    }
}

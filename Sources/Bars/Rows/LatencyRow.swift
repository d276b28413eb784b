/// How long a token is under way from the generator to the client, 200 streams of 50 a second, beside a hop at the same time on the same
/// Redis.
struct LatencyRow: BarRow {
    static let name = "latency"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let seconds = run.isQuick ? 4.0 : 8
        return try await BarsLab.with(in: run.directory) { lab in
            var whole: [LoadTestResult.Times] = []
            var hops: [Percentiles] = []
            var disturbance = Disturbance()
            var problems: [String] = []
            var lag = ""
            for round in 1...run.rounds {
                let (result, (hop, usage)) = try await lab.loadTest(
                    [
                        "--concurrency", "200", "--token-rate", "50", "--tokens", "100000", "--ramp", "1s", "--warm-up",
                        "1s", "--drain", "100ms",
                    ], seconds: seconds
                ) { client in
                    let before = lab.usage(besides: client)
                    let hop = try await HopPart(redis: lab.redis, seconds: seconds - 1.5).measure()
                    return (hop, lab.usage(besides: client) - before)
                }
                let times = try result.times("latency")
                whole.append(times)
                hops.append(hop)
                disturbance.add(usage)
                problems += result.problems()
                lag = result.lag
                run.say(
                    "round \(round): \((times.p50 * 1000).decimal(0)) / \((times.p99 * 1000).decimal(0)) µs, hop "
                        + "\(hop(50).decimal(0)) / \(hop(99).decimal(0)) µs; \(usage.shares)")
            }
            return [
                Bar(
                    "latency-p50", "one way, 200 × 50/s, p50", .microseconds, whole.map { $0.p50 * 1000 },
                    of: ("hop", hops.map { $0(50) }), .atMost(2.5), notes: [lag] + disturbance.notes, problems: problems
                ),
                Bar(
                    "latency-p99", "one way, 200 × 50/s, p99", .microseconds, whole.map { $0.p99 * 1000 },
                    of: ("hop", hops.map { $0(99) }), .atMost(4), notes: [lag] + disturbance.notes, problems: problems),
            ]
        }
    }
}

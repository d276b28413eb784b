/// From the client's stop until the generator has ended, 200 streams with a token every 100 ms, 40 stops a second, beside two hops in a
/// row, and beside what Redis alone takes for a stop, at the same time on the same Redis. Each stop is sent when a token has come, so the next one is a whole interval away.
struct StopRow: BarRow {
    static let name = "stop"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let seconds = run.isQuick ? 5.0 : 12
        return try await BarsLab.with(in: run.directory) { lab in
            var whole: [LoadTestResult.Times] = []
            var hops: [Percentiles] = []
            var scripts: [Percentiles] = []
            var disturbance = Disturbance()
            var problems: [String] = []
            var lag = ""
            for round in 1...run.rounds {
                let (result, (hop, script, usage)) = try await lab.loadTest(
                    [
                        // On average each answer is stopped after five seconds: 200 of them are 40 stops a second. By tokens, so that
                        // a stop leaves when it is due: a timer of the client would be late by as much as a hop takes.
                        "--concurrency", "200", "--token-rate", "10", "--tokens", "100000", "--ramp", "5s", "--warm-up",
                        "1s", "--drain", "100ms", "--stop-rate", "1", "--stop-after-tokens", "uniform:1,100",
                    ], seconds: seconds
                ) { client in
                    let before = lab.usage(besides: client)
                    async let script = StopPart(redis: lab.redis, seconds: seconds - 1.5).measure()
                    let hop = try await HopPart(redis: lab.redis, hops: 2, seconds: seconds - 1.5).measure()
                    return (hop, try await script, lab.usage(besides: client) - before)
                }
                let times = try result.times("stop.observed")
                whole.append(times)
                hops.append(hop)
                scripts.append(script)
                disturbance.add(usage)
                problems += result.problems()
                lag = result.lag
                run.say(
                    "round \(round): \((times.p50 * 1000).decimal(0)) / \((times.p99 * 1000).decimal(0)) µs, longest "
                        + "\(times.max.decimal(1)) ms of \(times.count), two hops \(hop(50).decimal(0)) / \(hop(99).decimal(0)) µs, "
                        + "its script alone \(script(50).decimal(0)) / \(script(99).decimal(0)) µs"
                )
            }
            let alone = [50.0, 99].map { rank in
                "Redis alone, from the script to its signal: "
                    + Bar.list(scripts.map { $0(rank) }, .microseconds)
            }
            let notes =
                [
                    "\(whole.reduce(0) { $0 + $1.count }) stops", lag,
                    "Dynamo's signal elsewhere: 260 to 360 / 1800 to 3900 µs",
                ]
                + disturbance.notes
            return [
                Bar(
                    "stop-p50", "stop: send to generator's end, p50", .microseconds, whole.map { $0.p50 * 1000 },
                    of: ("two hops", hops.map { $0(50) }), .atMost(1.5), notes: [alone[0]] + notes, problems: problems),
                Bar(
                    "stop-p99", "stop: send to generator's end, p99", .microseconds, whole.map { $0.p99 * 1000 },
                    of: ("two hops", hops.map { $0(99) }), .atMost(3), notes: [alone[1]] + notes, problems: problems),
                // One that waited for the next token would take nearly all of it.
                Bar(
                    name: "stop-longest", what: "the longest, of the interval of 100 ms", unit: .microseconds,
                    measured: (whole.map(\.max).max() ?? .nan) * 1000, part: ("interval", 100_000), bound: .atMost(0.5),
                    notes: disturbance.notes, problems: problems),
            ]
        }
    }
}

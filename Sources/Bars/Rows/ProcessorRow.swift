/// Processor time of a token at 1,000 streams of 50 a second, a connection each, beside a bare WebSocket frame written as often to as many
/// connections.
struct ProcessorRow: BarRow {
    static let name = "cpu"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let seconds = run.isQuick ? 5.0 : 8
        return try await BarsLab.with(in: run.directory) { lab in
            var (worker, redis, frontend, frames): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
            var disturbance = Disturbance()
            var problems: [String] = []
            for round in 1...run.rounds {
                let frame = try await FramePart(seconds: run.isQuick ? 2 : 3).measure(in: lab.directory)
                frames.append(frame.microsecondsPerFrame)
                let (result, usage) = try await lab.loadTest(
                    [
                        "--concurrency", "1000", "--token-rate", "50", "--tokens", "100000", "--ramp", "1s",
                        "--warm-up",
                        "2s", "--drain", "100ms",
                    ], seconds: seconds
                ) { client in
                    let before = lab.usage(besides: client)
                    try await Task.sleep(for: .seconds(seconds - 2))
                    return lab.usage(besides: client) - before
                }
                let tokens = (result.rates["tokens_per_second"] ?? .nan) * usage.seconds / 1e6
                worker.append(usage.worker / tokens)
                redis.append(usage.redis / tokens)
                frontend.append(usage.frontend / tokens)
                disturbance.add(usage)
                problems += result.problems()
                if let rate = result.rates["tokens_per_second"], rate < 45_000 {
                    problems.append("only \(rate.decimal(0)) tokens a second")
                }
                run.say(
                    "round \(round): worker \((usage.worker / tokens).decimal(2)), Redis \((usage.redis / tokens).decimal(2)), "
                        + "frontend \((usage.frontend / tokens).decimal(2)), frame "
                        + "\(frame.microsecondsPerFrame.decimal(2)) µs; \(usage.shares)")
                try await lab.quiet()
            }
            return [
                Bar(
                    "cpu-worker", "CPU per token, 1,000 × 50/s, worker", .microseconds, worker, of: ("Redis", redis),
                    .atMost(1), notes: disturbance.notes, problems: problems),
                Bar(
                    "cpu-frontend", "CPU per token, 1,000 × 50/s, frontend", .microseconds, frontend,
                    of: ("frame", frames), .atMost(1.3), notes: disturbance.notes, problems: problems),
            ]
        }
    }
}

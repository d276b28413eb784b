import TestSupport

extension BarsLab {
    /// Loads it by `penstock-loadtest` with so many streams at a time, each on a connection of its own and of `rate` tokens a second, and
    /// measures what a token costs, how long it is under way, and what memory streams take.
    func paced(streams: Int, rate: Double, _ run: ScaleRun) async throws -> ScaleFigures {
        let before = memory()
        // Each begins with some scripts: not all at once.
        let ramp = max(1, streams / 500)
        let (result, (spent, grown)) = try await loadTest(
            [
                "--concurrency", "\(streams)", "--token-rate", "\(rate)", "--tokens", "100000", "--ramp", "\(ramp)s",
                "--warm-up", "2s", "--drain", "100ms", "--connect-rate", "2000", "--settle-timeout", "60s",
            ], seconds: run.seconds + 2
        ) { client in
            // Its first second is over, and the last one is not waited for.
            let start = usage(besides: client)
            try await Task.sleep(for: .seconds(run.seconds))
            return (usage(besides: client) - start, memory() - before)
        }
        var figures = ScaleFigures()
        let tokens = (result.rates["tokens_per_second"] ?? .nan) * spent.seconds
        figures.add(spent, tokens: tokens)
        figures.add(try result.times("latency"), .latency50, .latency99)
        figures.add(grown, streams: streams)
        figures.problems = result.problems()
        if !(tokens >= Double(streams) * rate * spent.seconds * 0.9) {
            figures.problems.append("only \((tokens / spent.seconds).decimal(0)) tokens a second")
        }
        return figures
    }

    /// Loads it with unlimited generators, an answer at a time on each of `streams` connections.
    func unlimited(streams: Int, _ run: ScaleRun) async throws -> ScaleFigures {
        let measured = try await ThroughputMeasurement.take(self, streams: streams, seconds: run.seconds)
        var figures = ScaleFigures()
        figures.add(measured.usage, tokens: measured.tokensPerSecond * measured.usage.seconds)
        figures[.tokensPerChunk] = measured.tokensPerSecond / measured.chunksPerSecond
        figures.problems = measured.problems
        return figures
    }

    /// Runs `body` with a client that counts, on `connections`, and closes it.
    func counting<Value: Sendable>(
        connections: Int, _ body: (CountingClient) async throws -> Value
    ) async throws -> Value {
        let client = CountingClient(url)
        let result: Result<Value, any Error>
        do {
            try await client.connect(connections)
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return try result.get()
    }

    /// What reaches a client in the measured time, and what it costs.
    func measure(_ client: CountingClient, _ run: ScaleRun) async throws -> ScaleFigures {
        let before = (try await client.now(), usage())
        try await Task.sleep(for: .seconds(run.seconds))
        let after = (try await client.now(), usage())
        let spent = after.1 - before.1
        let tokens = Double(after.0.tokens - before.0.tokens)
        let answers = Double(after.0.ended - before.0.ended)
        var figures = ScaleFigures()
        figures.add(spent, tokens: tokens)
        figures[.tokensPerChunk] = tokens / Double(after.0.chunks - before.0.chunks)
        if answers > 0 {
            figures[.answers] = answers / spent.seconds
            figures[.redisPerAnswer] = spent.redis * 1e6 / answers
        }
        return figures
    }

    /// The resident memory of each role.
    func memory() -> RoleMemory {
        func sum(_ processes: [Int32]) -> Double {
            Double(processes.reduce(0) { $0 + (ProcessFigures.residentBytes(of: $1) ?? 0) })
        }
        return RoleMemory(
            redis: sum([redisProcess]), worker: sum(workers.map(\.processID)), frontend: sum(frontends.map(\.processID))
        )
    }
}

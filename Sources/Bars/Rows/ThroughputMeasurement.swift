import FrontendClient

/// One measurement of how many tokens a second reach clients, generators unlimited, a stream on each connection.
struct ThroughputMeasurement: Sendable {
    var tokensPerSecond: Double
    var chunksPerSecond: Double
    var usage: Usage
    var problems: [String]

    /// Enough that no answer ends while it is measured, and less than the longest answer that is let be.
    private static let tokens = 1_900_000

    static func take(_ lab: BarsLab, streams: Int, seconds: Double) async throws -> ThroughputMeasurement {
        let client = CountingClient(lab.url)
        let result: Result<ThroughputMeasurement, any Error>
        do {
            try await client.connect(streams)
            result = .success(try await take(lab, client, streams, seconds))
        } catch {
            result = .failure(error)
        }
        await client.close()
        try await lab.quiet()
        return try result.get()
    }

    private static func take(
        _ lab: BarsLab, _ client: CountingClient, _ streams: Int, _ seconds: Double
    ) async throws -> ThroughputMeasurement {
        try await client.begin(tokens: tokens)
        try await client.hasStarted(streams)
        try await Task.sleep(for: .seconds(1))
        let before = (try await client.now(), lab.usage())
        try await Task.sleep(for: .seconds(seconds))
        let after = (try await client.now(), lab.usage())
        try await client.stop()
        let end = try await client.now()
        let usage = after.1 - before.1
        var problems: [String] = []
        if end.wrong > 0 { problems.append("\(end.wrong) answers were wrong: \(end.complaint ?? "")") }
        if before.0.started < streams { problems.append("only \(before.0.started) of \(streams) streams started") }
        return ThroughputMeasurement(
            tokensPerSecond: Double(after.0.tokens - before.0.tokens) / usage.seconds,
            chunksPerSecond: Double(after.0.chunks - before.0.chunks) / usage.seconds, usage: usage, problems: problems)
    }
}

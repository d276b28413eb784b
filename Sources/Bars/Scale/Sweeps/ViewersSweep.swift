/// More and more viewers of each of 50 streams of 10 tokens a second, each on a connection of its own.
struct ViewersSweep: ScaleSweep {
    static let name = "viewers"

    let title = "Viewers of a stream"
    let axis = "viewers of each of 50 streams"
    let places = [1.0, 2, 4, 8, 16, 32].map { ScalePlace($0, isLong: $0 > 8) }
    let rules = LinearRule.tokenCosts(factor: 1.5)
    let panels = [
        ScalePanel(
            title: "CPU per token delivered (µs)",
            lines: [("Redis", .redis), ("worker", .worker), ("frontend", .frontend)])
    ]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        let streams = 50
        return try await BarsLab.with(in: run.directory) { lab in
            try await lab.counting(connections: streams * place.count) { client in
                try await client.begin(tokens: 1_000_000, interval: 100, requests: streams)
                try await client.hasStarted(streams)
                try await client.watch()
                try await client.hasStarted(streams * place.count)
                try await Task.sleep(for: .seconds(1))
                var figures = try await lab.measure(client, run)
                try await client.stop()
                let end = try await client.now()
                if end.wrong > 0 { figures.problems.append("\(end.wrong) were wrong: \(end.complaint ?? "")") }
                if end.started < streams * place.count {
                    figures.problems.append("only \(end.started) of \(streams * place.count) saw it")
                }
                return figures
            }
        }
    }
}

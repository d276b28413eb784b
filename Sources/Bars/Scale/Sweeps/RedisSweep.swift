/// What Redis pays for some loads of different kinds: for the reckoning of what one carries. Not judged, and not plotted.
struct RedisSweep: ScaleSweep {
    static let name = "redis"

    let title = "What Redis pays"
    let axis = "load"
    let places = [
        ScalePlace(0, "64 unlimited"), ScalePlace(1, "64 unlimited, unmerged"), ScalePlace(2, "answers of 1 token"),
        ScalePlace(3, "1,000 silent"), ScalePlace(4, "1,000 of 30/s"),
    ]
    let rules: [LinearRule] = []
    let panels: [ScalePanel] = []

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        let isMerging = place.value != 1
        return try await BarsLab.with(worker: ["--batching", isMerging ? "natural" : "off"], in: run.directory) { lab in
            switch place.value {
            case 2: try await answers(lab, run)
            case 3: try await silent(lab, run)
            case 4: try await lab.paced(streams: 1000, rate: 30, run)
            default: try await lab.unlimited(streams: 64, run)
            }
        }
    }

    private func answers(_ lab: BarsLab, _ run: ScaleRun) async throws -> ScaleFigures {
        try await lab.counting(connections: 64) { client in
            try await client.begin(tokens: 1)
            try await client.hasStarted(64)
            try await Task.sleep(for: .seconds(1))
            let figures = try await lab.measure(client, run)
            try await client.stop()
            return figures
        }
    }

    /// Streams whose next token is far away: what they cost by being there.
    private func silent(_ lab: BarsLab, _ run: ScaleRun) async throws -> ScaleFigures {
        let streams = 1000
        return try await lab.counting(connections: streams) { client in
            try await client.begin(tokens: 100, interval: 1_000_000, requests: streams)
            try await client.hasStarted(streams)
            try await Task.sleep(for: .seconds(2))
            let before = lab.usage()
            // Leases of 15 seconds are renewed every five.
            try await Task.sleep(for: .seconds(10))
            let spent = lab.usage() - before
            var figures = ScaleFigures()
            figures.add(spent, silent: streams)
            try await client.stop()
            return figures
        }
    }
}

/// What Redis pays where it can save least and most: for the reckoning of what one carries. Not judged, and not plotted.
struct RedisSweep: ScaleSweep {
    static let name = "redis"

    let title = "What Redis pays"
    let axis = "load"
    let places = [
        ScalePlace(0, "64 unlimited"), ScalePlace(1, "64 unlimited, unmerged"), ScalePlace(2, "answers of 1 token"),
    ]
    let rules: [LinearRule] = []
    let panels: [ScalePanel] = []

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        let isMerging = place.value != 1
        return try await BarsLab.with(worker: ["--batching", isMerging ? "natural" : "off"], in: run.directory) { lab in
            guard place.value == 2 else { return try await lab.unlimited(streams: 64, run) }
            return try await lab.counting(connections: 64) { client in
                try await client.begin(tokens: 1)
                try await client.hasStarted(64)
                try await Task.sleep(for: .seconds(1))
                let figures = try await lab.measure(client, run)
                try await client.stop()
                return figures
            }
        }
    }
}

/// The same load on more and more nodes: 400 streams of 20 tokens a second in all.
enum NodesSweep {
    static let streams = 400
    static let rate = 20.0
    static let places = [1.0, 2, 4, 8].map { ScalePlace($0) }
    /// The load is the same: what goes up is what tokens no longer share, which is bounded, and what a node costs by being there.
    static let rules = LinearRule.tokenCosts(factor: 3)

    static func measure(workers: Int = 1, frontends: Int = 1, _ run: ScaleRun) async throws -> ScaleFigures {
        // No worker can take many more than its share.
        let slots = (streams + workers - 1) / workers + 4
        return try await BarsLab.with(
            worker: ["--slots", "\(slots)"], workers: workers, frontends: frontends, in: run.directory
        ) { lab in
            var figures = try await lab.paced(streams: streams, rate: rate, run)
            for figure in [ScaleFigure.redisMemory, .workerMemory, .frontendMemory] { figures[figure] = nil }
            return figures
        }
    }
}

struct FrontendsSweep: ScaleSweep {
    static let name = "frontends"

    let title = "Frontends"
    let axis = "frontends, with one worker"
    let places = NodesSweep.places
    let rules = NodesSweep.rules
    let panels: [ScalePanel] = [.tokenCosts, .latency]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        try await NodesSweep.measure(frontends: place.count, run)
    }
}

struct WorkersSweep: ScaleSweep {
    static let name = "workers"

    let title = "Workers"
    let axis = "workers, with one frontend"
    let places = NodesSweep.places
    let rules = NodesSweep.rules
    let panels: [ScalePanel] = [.tokenCosts, .latency]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        try await NodesSweep.measure(workers: place.count, run)
    }
}

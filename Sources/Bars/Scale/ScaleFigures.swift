import NIOCore

/// What was measured at a point of a sweep, in one round or, as the medians, in several. Pure.
struct ScaleFigures: Sendable {
    private(set) var values: [ScaleFigure: Double] = [:]
    /// Why they do not count.
    var problems: [String] = []

    init() {}

    subscript(_ figure: ScaleFigure) -> Double? {
        get { values[figure] }
        set { values[figure] = newValue }
    }

    /// What each role spent while so many tokens reached clients.
    mutating func add(_ usage: Usage, tokens: Double, cores: Int = System.coreCount) {
        self[.tokens] = tokens / usage.seconds
        self[.redis] = usage.redis * 1e6 / tokens
        self[.worker] = usage.worker * 1e6 / tokens
        self[.frontend] = usage.frontend * 1e6 / tokens
        self[.busy] = usage.busy(cores: cores)
        self[.others] = usage.others(cores: cores)
    }

    /// What each role spent while so many streams said nothing.
    mutating func add(_ usage: Usage, silent streams: Int, cores: Int = System.coreCount) {
        let time = usage.seconds * Double(streams) / 1e6
        self[.redisPerStream] = usage.redis / time
        self[.workerPerStream] = usage.worker / time
        self[.frontendPerStream] = usage.frontend / time
        self[.busy] = usage.busy(cores: cores)
        self[.others] = usage.others(cores: cores)
    }

    /// Percentiles that the load tester tells.
    mutating func add(_ times: LoadTestResult.Times, _ median: ScaleFigure, _ high: ScaleFigure) {
        self[median] = times.p50 * 1000
        self[high] = times.p99 * 1000
    }

    /// What became of the memory of each role while `streams` came.
    mutating func add(_ memory: RoleMemory, streams: Int) {
        self[.redisMemory] = memory.redis / 1000 / Double(streams)
        self[.workerMemory] = memory.worker / 1000 / Double(streams)
        self[.frontendMemory] = memory.frontend / 1000 / Double(streams)
    }

    /// The medians of several rounds, and all their problems.
    init(rounds: [ScaleFigures]) {
        for figure in ScaleFigure.allCases {
            let values = rounds.compactMap { $0[figure] }
            if !values.isEmpty { self[figure] = Percentiles(values).median }
        }
        problems = rounds.flatMap(\.problems)
    }
}

/// Resident memory by role, in bytes. Pure.
struct RoleMemory: Sendable {
    var redis: Double
    var worker: Double
    var frontend: Double

    static func - (end: RoleMemory, start: RoleMemory) -> RoleMemory {
        RoleMemory(
            redis: end.redis - start.redis, worker: end.worker - start.worker, frontend: end.frontend - start.frontend)
    }
}

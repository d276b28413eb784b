import TestSupport

/// Resident memory of a worker and a frontend after the first 10,000 of 100,000 short answers, and after the last.
struct MemoryRow: BarRow {
    static let name = "memory"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let (first, all) = run.isQuick ? (2000, 10_000) : (10_000, 100_000)
        return try await BarsLab.with(in: run.directory) { lab in
            let client = CountingClient(lab.url)
            let result: Result<[(Double, Double)], any Error>
            do {
                try await client.connect(64)
                var memory: [(Double, Double)] = []
                for requests in [first, all - first] {
                    let began = ContinuousClock.now
                    try await client.begin(tokens: 10, requests: requests)
                    try await client.finished()
                    let took = (ContinuousClock.now - began) / .seconds(1)
                    try await lab.quiet()
                    memory.append(try Self.memory(lab))
                    run.say(
                        "\(requests) answers, \((Double(requests) / took).decimal(0)) a second: worker "
                            + "\(memory[memory.count - 1].0.decimal(1)) MB, frontend \(memory[memory.count - 1].1.decimal(1)) MB"
                    )
                }
                let figures = try await client.now()
                guard figures.wrong == 0 else {
                    throw BarsFailure("\(figures.wrong) answers were wrong: \(figures.complaint ?? "")")
                }
                guard figures.ended == all, figures.tokens == all * 10 else {
                    throw BarsFailure("\(figures.ended) answers with \(figures.tokens) tokens came")
                }
                result = .success(memory)
            } catch {
                result = .failure(error)
            }
            await client.close()
            let memory = try result.get()
            return [("worker", \(Double, Double).0), ("frontend", \.1)].map { name, of in
                Bar(
                    name: "memory-\(name)", what: "memory after \(all / 1000),000 answers, \(name)", unit: .megabytes,
                    measured: memory[1][keyPath: of], part: ("after \(first / 1000),000", memory[0][keyPath: of]),
                    bound: .atMost(1.1))
            }
        }
    }

    private static func memory(_ lab: BarsLab) throws -> (Double, Double) {
        guard let worker = ProcessFigures.residentBytes(of: lab.worker.processID),
            let frontend = ProcessFigures.residentBytes(of: lab.frontend.processID)
        else { throw BarsFailure("a node has ended") }
        return (Double(worker) / 1e6, Double(frontend) / 1e6)
    }
}

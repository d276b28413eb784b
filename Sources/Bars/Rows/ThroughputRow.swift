/// Tokens per second to WebSocket clients, 64 and 1,000 streams, beside the raw pair of commands for each token, which is measured in
/// turn with them on the same Redis while frontend and worker have nothing to do.
struct ThroughputRow {
    var batching: String
    var few = 64
    var many = 1000

    struct Taken {
        var pairs: [Double] = []
        var few: [ThroughputMeasurement] = []
        var many: [ThroughputMeasurement] = []
        var disturbance = Disturbance()

        func notes(_ measurements: [ThroughputMeasurement]) -> [String] {
            (measurements.last.map { ["of a core each: \($0.usage.shares)"] } ?? []) + disturbance.notes
        }
    }

    func take(_ run: BarsRun) async throws -> Taken {
        try await BarsLab.with(worker: ["--batching", batching], in: run.directory) { lab in
            var taken = Taken()
            for round in 1...run.rounds {
                let pair = try await PairPart(redis: lab.redis, streams: few, seconds: run.isQuick ? 1.5 : 3).measure()
                taken.pairs.append(pair.pairsPerSecond)
                for streams in [few, many] {
                    let measured = try await ThroughputMeasurement.take(
                        lab, streams: streams, seconds: run.isQuick ? 2 : 4)
                    if streams == few { taken.few.append(measured) } else { taken.many.append(measured) }
                    taken.disturbance.add(measured.usage)
                    run.say(
                        "round \(round): pair \(pair.pairsPerSecond.decimal(0))/s (Redis "
                            + "\(pair.redisMicrosecondsPerPair?.decimal(2) ?? "?") µs), \(streams) streams "
                            + "\(measured.tokensPerSecond.decimal(0))/s in \(measured.chunksPerSecond.decimal(0)) chunks; "
                            + measured.usage.shares)
                }
            }
            return taken
        }
    }
}

/// An entry for each token.
struct UnmergedRow: BarRow {
    static let name = "unmerged"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let taken = try await ThroughputRow(batching: "off").take(run)
        let few = taken.few.map(\.tokensPerSecond)
        var merged = taken.few + taken.many
        merged.removeAll { $0.tokensPerSecond < $0.chunksPerSecond * 1.001 }
        let problems = merged.isEmpty ? [] : ["a chunk had more than one token"]
        return [
            Bar(
                "unmerged-64", "tokens/s unmerged, 64 streams", .perSecond, few, of: ("pair", taken.pairs),
                .atLeast(0.5), notes: taken.notes(taken.few),
                problems: problems + taken.few.flatMap(\.problems)),
            Bar(
                "unmerged-1000", "tokens/s unmerged, 1,000 streams", .perSecond, taken.many.map(\.tokensPerSecond),
                of: ("64 streams", few), .atLeast(1), notes: taken.notes(taken.many),
                problems: problems + taken.many.flatMap(\.problems)),
        ]
    }
}

/// Tokens gather while a write is under way.
struct NaturalRow: BarRow {
    static let name = "natural"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let taken = try await ThroughputRow(batching: "natural").take(run)
        return [
            Bar(
                "natural-64", "tokens/s natural, 64 streams", .perSecond, taken.few.map(\.tokensPerSecond),
                of: ("pair", taken.pairs), .atLeast(4), notes: taken.notes(taken.few),
                problems: taken.few.flatMap(\.problems)),
            Bar(
                "natural-1000", "tokens/s natural, 1,000 streams", .perSecond, taken.many.map(\.tokensPerSecond),
                of: ("pair", taken.pairs), .atLeast(1), notes: taken.notes(taken.many),
                problems: taken.many.flatMap(\.problems)),
        ]
    }
}

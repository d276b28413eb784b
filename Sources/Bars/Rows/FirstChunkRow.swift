import FrontendClient

/// The time to the first chunk where nothing else is asked for, one request every 10 ms, on a blocking socket; beside a hop as often, and
/// beside what is said to Redis for it and nothing else, in turn with them.
struct FirstChunkRow: BarRow {
    static let name = "first-chunk"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let seconds = run.isQuick ? 1.0 : 3
        return try await BarsLab.with(in: run.directory) { lab in
            var whole: [Percentiles] = []
            var hops: [Percentiles] = []
            var talks: [Percentiles] = []
            var disturbance = Disturbance()
            for round in 1...run.rounds {
                try await lab.quiet()
                let before = lab.usage()
                let hop = try await HopPart(redis: lab.redis, seconds: seconds).measure()
                let talk = try await FirstChunkPart(redis: lab.redis, seconds: seconds).measure()
                let times = try await Self.requests(lab.url, seconds: seconds)
                disturbance.add(lab.usage() - before)
                whole.append(times)
                hops.append(hop)
                talks.append(talk)
                run.say(
                    "round \(round): \(times(50).decimal(0)) / \(times(99).decimal(0)) µs of \(times.count), hop "
                        + "\(hop(50).decimal(0)) / \(hop(99).decimal(0)) µs, what is said to Redis alone "
                        + "\(talk(50).decimal(0)) / \(talk(99).decimal(0)) µs")
            }
            let p99 = Percentiles(whole.map { $0(99) }).median
            return [
                Bar(
                    "first-chunk", "time to first chunk, idle, p50", .microseconds, whole.map { $0(50) },
                    of: ("hop", hops.map { $0(50) }), .atMost(8),
                    notes: [
                        "what is said to Redis alone: \(Bar.list(talks.map { $0(50) }, .microseconds))",
                        "p99 \(p99.decimal(0))",
                    ] + disturbance.notes)
            ]
        }
    }

    private static func requests(_ url: FrontendURL, seconds: Double) async throws -> Percentiles {
        try await BlockingWork.run { flag in
            var client = try OneRequestClient(url)
            var samples: [Double] = []
            let deadline = ContinuousClock.now + .seconds(seconds)
            repeat {
                guard !flag.isSet else { throw CancellationError() }
                samples.append(try client.timeToFirstChunk(tokens: 10))
                BlockingWork.pause(milliseconds: 10)
            } while ContinuousClock.now < deadline
            return Percentiles(samples)
        }
    }
}

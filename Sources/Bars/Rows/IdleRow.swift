import TestSupport

/// Ten thousand WebSockets that nobody says anything on, on one frontend: its memory with them, and the latency of 1,000 streams, of 50 and of
/// 10 tokens a second, with them and without.
struct IdleRow: BarRow {
    static let name = "idle"

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let wanted = run.isQuick ? 2000 : 10_000
        let streams = run.isQuick ? 200 : 1000
        // The frontend has all of them, and inherits how many it may have.
        let files = MachineFigures.allowFiles(wanted + streams + 1000)
        let idle = min(wanted, files - streams - 500)
        guard idle > 0 else { throw BarsFailure("only \(files) files may be open: ulimit -n") }
        var problems = idle < wanted ? ["only \(files) files may be open (ulimit -n): \(idle) connections"] : []
        return try await BarsLab.with(in: run.directory) { lab in
            let before = ProcessFigures.residentBytes(of: lab.frontend.processID) ?? 0
            let client = CountingClient(lab.url)
            let result: Result<(idle: Int, loaded: Int, times: [Int: LoadTestResult.Times]), any Error>
            do {
                try await client.connect(idle)
                try await lab.quiet()
                let memory = ProcessFigures.residentBytes(of: lab.frontend.processID) ?? 0
                run.say("\(idle) idle: frontend \((Double(memory) / 1e6).decimal(1)) MB")
                var among: [Int: LoadTestResult.Times] = [:]
                for rate in [50, 10] { among[rate] = try await measured(lab, streams, rate, run, &problems) }
                let lost = try await client.now()
                if lost.wrong > 0 {
                    problems.append("\(lost.wrong) idle connections were lost: \(lost.complaint ?? "")")
                }
                result = .success((memory, ProcessFigures.residentBytes(of: lab.frontend.processID) ?? 0, among))
            } catch {
                result = .failure(error)
            }
            await client.close()
            let (memory, loaded, among) = try result.get()
            try await lab.quiet()
            var alone: [Int: LoadTestResult.Times] = [:]
            for rate in [50, 10] { alone[rate] = try await measured(lab, streams, rate, run, &problems) }

            let megabyte = 1_000_000.0
            var bars = [
                Bar(
                    name: "idle-memory", what: "\(Self.grouped(idle)) idle WebSockets, memory of the frontend",
                    unit: .megabytes, measured: Double(memory) / megabyte, part: nil, bound: .atMost(150),
                    notes: [
                        "\((Double(before) / megabyte).decimal(1)) before them, so "
                            + "\((Double(memory - before) / Double(idle) / 1000).decimal(1)) KB each",
                        "\((Double(loaded) / megabyte).decimal(1)) with \(streams) streams among them",
                    ], problems: problems)
            ]
            for rate in [50, 10] {
                guard let alone = alone[rate], let among = among[rate] else { continue }
                // Not a number of the issue: what moves by less than this is noise on a shared machine.
                bars.append(
                    Bar(
                        "idle-p50-\(rate)", "\(Self.grouped(streams)) × \(rate)/s among them, one way, p50",
                        .microseconds, [among.p50 * 1000], of: ("without", [alone.p50 * 1000]), .atMost(1.25),
                        problems: problems))
                bars.append(
                    Bar(
                        "idle-p99-\(rate)", "\(Self.grouped(streams)) × \(rate)/s among them, one way, p99",
                        .microseconds, [among.p99 * 1000], of: ("without", [alone.p99 * 1000]), .atMost(1.5),
                        problems: problems))
            }
            return bars
        }
    }

    private func measured(
        _ lab: BarsLab, _ streams: Int, _ rate: Int, _ run: BarsRun, _ problems: inout [String]
    ) async throws -> LoadTestResult.Times {
        let result = try await latency(lab, streams, rate: rate, seconds: run.isQuick ? 4 : 10)
        problems += result.problems()
        let times = try result.times("latency")
        let memory = ProcessFigures.residentBytes(of: lab.frontend.processID) ?? 0
        run.say(
            "\(streams) × \(rate)/s: \((times.p50 * 1000).decimal(0)) / \((times.p99 * 1000).decimal(0)) µs, frontend "
                + "\((Double(memory) / 1e6).decimal(1)) MB")
        try await lab.quiet()
        return times
    }

    private func latency(_ lab: BarsLab, _ streams: Int, rate: Int, seconds: Double) async throws -> LoadTestResult {
        try await lab.loadTest(
            [
                "--concurrency", "\(streams)", "--token-rate", "\(rate)", "--tokens", "100000", "--ramp", "1s",
                "--warm-up", "2s", "--drain", "100ms",
            ], seconds: seconds
        ) { _ in }.0
    }

    private static func grouped(_ number: Int) -> String {
        number < 1000 ? "\(number)" : "\(number / 1000),\(String(number % 1000 + 1000).dropFirst())"
    }
}

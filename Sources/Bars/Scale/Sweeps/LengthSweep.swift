/// Longer and longer answers, generators unlimited, 16 at a time; and what a stop costs when so many tokens have come, within a second: 4 of
/// them a second, or as many as leave 200,000 tokens a second.
struct LengthSweep: ScaleSweep {
    static let name = "length"

    let title = "Length of an answer"
    let axis = "tokens of an answer"
    let places = [
        ScalePlace(1), ScalePlace(10), ScalePlace(100), ScalePlace(1000), ScalePlace(10_000), ScalePlace(100_000),
    ]
    let rules =
        LinearRule.tokenCosts(factor: 1.5)
        // While a longer one runs there is more under way before a stop; and with an answer's end its text is copied into the message, up to
        // 512 KiB: some milliseconds.
        + [
            LinearRule(figure: .observed50, factor: 2, slack: 1000),
            LinearRule(figure: .settled50, factor: 2, slack: 4000),
        ]
    let panels: [ScalePanel] = [
        .tokenCosts,
        // They are too few for more than a median.
        ScalePanel(title: "Stop (µs)", lines: [("observed p50", .observed50), ("settled p50", .settled50)]),
    ]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        try await BarsLab.with(in: run.directory) { lab in
            var figures = try await lab.counting(connections: 16) { client in
                try await client.begin(tokens: place.count)
                try await client.hasStarted(16)
                try await Task.sleep(for: .seconds(1))
                var figures = try await lab.measure(client, run)
                try await client.stop()
                let end = try await client.now()
                if end.wrong > 0 { figures.problems.append("\(end.wrong) were wrong: \(end.complaint ?? "")") }
                return figures
            }
            try await lab.quiet()
            let (result, _) = try await lab.loadTest(
                [
                    "--rate", "\(min(4, 200_000 / place.value))", "--token-rate", "\(place.count)", "--tokens",
                    "1900000", "--warm-up", "1s",
                    "--drain",
                    "100ms", "--stop-rate", "1", "--stop-after-tokens", "\(place.count)",
                ], seconds: run.seconds * 3
            ) { _ in }
            figures.add(try result.times("stop.observed"), .observed50, .observed99)
            figures.add(try result.times("stop.settled"), .settled50, .settled99)
            figures[.stops] = Double(try result.times("stop.settled").count)
            figures.problems += result.problems()
            return figures
        }
    }
}

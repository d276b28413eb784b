import Foundation
import NIOCore
import TestSupport

/// Some 80 stops a second beside more and more other streams of 3 tokens a second.
struct StopsSweep: ScaleSweep {
    static let name = "stops"

    let title = "Stops beside other streams"
    let axis = "other streams"
    let places = [ScalePlace(1), ScalePlace(10), ScalePlace(100), ScalePlace(1000), ScalePlace(3000, isLong: true)]
    // What they share is processors and connections: the more of these is in use, the longer a stop waits for its turn. A millisecond is what
    // that may add on a machine that is not full.
    let rules = [LinearRule(figure: .observed50, factor: 2, slack: 1000)]
    let panels: [ScalePanel] = [.stops]

    func measure(_ place: ScalePlace, _ run: ScaleRun) async throws -> ScaleFigures {
        try await BarsLab.with(in: run.directory) { lab in
            let (others, (result, usage)) = try await lab.loadTest(
                [
                    "--concurrency", "\(place.count)", "--token-rate", "3", "--tokens", "100000", "--ramp",
                    "\(max(1, place.count / 1000))s", "--warm-up", "1s", "--drain", "100ms", "--settle-timeout", "60s",
                ], seconds: 3600
            ) { others in
                let (result, usage) = try await lab.loadTest(
                    [
                        // A quarter of a second each, on average.
                        "--concurrency", "20", "--token-rate", "10", "--tokens", "100000", "--warm-up", "1s", "--drain",
                        "100ms", "--stop-rate", "1", "--stop-delay", "uniform:0,0.5",
                    ], seconds: run.seconds
                ) { client in
                    let before = lab.usage(besides: client, others)
                    try await Task.sleep(for: .seconds(max(run.seconds - 2, 1)))
                    return lab.usage(besides: client, others) - before
                }
                // It reckons up.
                others.signal(SIGINT)
                return (result, usage)
            }
            var figures = ScaleFigures()
            figures[.tokens] = others.rates["tokens_per_second"]
            figures[.busy] = usage.busy(cores: System.coreCount)
            figures[.others] = usage.others(cores: System.coreCount)
            figures.add(try result.times("stop.observed"), .observed50, .observed99)
            figures.add(try result.times("stop.settled"), .settled50, .settled99)
            figures[.stops] = Double(try result.times("stop.settled").count)
            figures.problems = result.problems() + others.problems()
            return figures
        }
    }
}

import Foundation
import Testing

@testable import Bars

@Suite struct ScaleReportTests {
    private static func figures(_ values: [ScaleFigure: Double], problems: [String] = []) -> ScaleFigures {
        var figures = ScaleFigures()
        for (figure, value) in values { figures[figure] = value }
        figures.problems = problems
        return figures
    }

    private static func result(_ costs: [Double], problems: [String] = []) -> ScaleResult {
        let sweep = StreamsSweep()
        let points = zip(sweep.places, costs).map { place, cost in
            ScaleResult.Point(
                sweep, place, [figures([.redis: cost, .latency50: 200, .others: 0.1], problems: problems)])
        }
        return ScaleResult(sweep, points: points)
    }

    private static func report(_ results: [ScaleResult], failures: [String] = []) -> ScaleReport {
        ScaleReport(
            environment: .init(
                label: "abc", startedAt: "2026-01-01T00:00:00Z", seconds: 60, cores: 2, processor: "P", system: "S",
                redis: "7.0.15", loadAverageBefore: 0.5, loadAverageAfter: 2, isQuick: false),
            results: results, failures: failures)
    }

    @Test func roundsAreMedians() {
        let rounds = [1.0, 9, 2].map { Self.figures([.redis: $0], problems: $0 == 9 ? ["lost"] : []) }
        let figures = ScaleFigures(rounds: rounds)
        #expect(figures[.redis] == 2 && figures[.worker] == nil)
        #expect(figures.problems == ["lost"])
    }

    @Test func whatATokenCosts() {
        var figures = ScaleFigures()
        let usage = Usage(seconds: 2, redis: 0.2, frontend: 0.4, worker: 0.1, client: 0.3, machine: 1.2)
        figures.add(usage, tokens: 100_000, cores: 2)
        #expect(figures[.tokens] == 50_000)
        #expect(figures[.redis] == 2 && figures[.frontend] == 4 && figures[.worker] == 1)
        #expect(figures[.busy] == 0.3)
    }

    @Test func aReportHoldsWhereAllIsWell() throws {
        let report = Self.report([Self.result([10, 4, 3, 3.5])])
        #expect(report.holds)
        #expect(report.table.contains("Nothing grows faster than linearly. 2 cores (P), S, Redis 7.0.15, abc."))
        #expect(report.table.contains("streams at 10: other processes took 10 % of the machine"))
        #expect(report.table.contains("1,000    3.50"))
    }

    @Test func aReportTellsWhatDoesNot() {
        let grown = Self.report([Self.result([10, 4, 3, 7])])
        #expect(!grown.holds)
        #expect(
            grown.breaches == [
                "streams: redis_us_per_token is 7.00 at 1,000, 3.00 at 100: more than 1.5 times"
            ])
        #expect(grown.table.contains("GROWS: streams"))
        #expect(!Self.report([Self.result([3, 3], problems: ["1 × orphan"])]).holds)
        #expect(!Self.report([], failures: ["streams at 1: no Redis"]).holds)
    }

    @Test func theJSONHasFigures() throws {
        struct Read: Decodable {
            struct Sweep: Decodable {
                struct Point: Decodable {
                    var at: Double
                    var figures: [String: Double]
                }

                var name: String
                var points: [Point]
            }

            var sweeps: [Sweep]
            var holds: Bool
        }
        let json = try Self.report([Self.result([10, .nan, 3])]).json
        let read = try JSONDecoder().decode(Read.self, from: Data(json.utf8))
        #expect(read.sweeps.map(\.name) == ["streams"])
        #expect(read.sweeps[0].points.map(\.at) == [1, 10, 100])
        #expect(read.sweeps[0].points.map { $0.figures["redis_us_per_token"] } == [10, nil, 3])
        #expect(!read.holds)
    }

    @Test func whatIsUnlimitedStandsWhereItWasMeasured() {
        let sweep = RateSweep()
        let point = ScaleResult.Point(sweep, sweep.places[8], [Self.figures([.tokens: 400_000])])
        #expect(point.position == 4000 && point.label == "unlimited")
        #expect(ScaleResult.Point(sweep, sweep.places[0], [Self.figures([:])]).position == 1)
    }

    @Test func placesAreNamed() {
        #expect(
            [1, 2.5, 999, 1000, 10_000, 1_234_567].map { ScalePlace($0).label } == [
                "1", "2.5", "999", "1,000", "10,000", "1,234,567",
            ])
        // A sweep goes from the smallest to the largest.
        for sweep in ScaleCommand.sweeps.map({ $0.init() }) {
            #expect(sweep.places.map(\.value) == sweep.places.map(\.value).sorted())
        }
    }
}

import Foundation
import Testing

@testable import Bars

@Suite struct ReportTests {
    @Test func aBarIsTheRatioOfMedians() {
        let bar = Bar("x", "X", .microseconds, [100, 900, 200], of: ("hop", [50, 40, 60]), .atMost(4))
        #expect(bar.measured == 200)
        #expect(bar.part?.value == 50)
        #expect(bar.ratio == 4)
        #expect(bar.isMet)
        #expect(!Bar("x", "X", .microseconds, [201], of: ("hop", [50]), .atMost(4)).isMet)
        #expect(Bar("x", "X", .perSecond, [25], of: ("pair", [50]), .atLeast(0.5)).isMet)
        #expect(!Bar("x", "X", .perSecond, [24], of: ("pair", [50]), .atLeast(0.5)).isMet)
    }

    @Test func aBarWithoutAPartIsOnTheValue() {
        #expect(Bar("x", "X", .count, [0], .atMost(0)).isMet)
        #expect(!Bar("x", "X", .count, [1], .atMost(0)).isMet)
    }

    @Test func whatIsVoidOrNothingMeetsNoBar() {
        #expect(!Bar("x", "X", .count, [0], .atMost(0), problems: ["lost"]).isMet)
        #expect(!Bar("x", "X", .count, [], .atMost(1)).isMet)
        #expect(!Bar("x", "X", .count, [], .atLeast(1)).isMet)
    }

    private static func report(_ bars: [Bar], failures: [String] = []) -> BarsReport {
        BarsReport(
            environment: .init(
                label: "a commit", startedAt: "2026-11-21T15:05:27Z", seconds: 12, cores: 2, processor: "P",
                system: "S", redis: "7", loadAverageBefore: 0.5, loadAverageAfter: 1, isQuick: true),
            bars: bars, failures: failures)
    }

    @Test func theTableSaysWhatIsMet() {
        let report = Self.report(
            [
                Bar("fast", "tokens", .perSecond, [1_234_567], of: ("pair", [45_678]), .atLeast(4), notes: ["a note"]),
                Bar("slow", "late", .microseconds, [90.125], of: ("hop", [10]), .atMost(2.5), problems: ["lost"]),
            ], failures: ["memory: no"])
        let lines = report.table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let cells = lines.prefix(3).map { $0.split(separator: #/ {2,}/#).map(String.init) }
        #expect(cells[0] == ["what", "measured", "part", "ratio", "bar"])
        #expect(cells[1] == ["tokens", "1.23M/s", "46k/s pair", "27.03", "≥ 4", "met"])
        #expect(cells[2] == ["late", "90.12 µs", "10.00 µs hop", "9.01", "≤ 2.50", "MISSED"])
        #expect(
            Array(lines[3...]) == [
                "fast: a note", "slow: DOES NOT COUNT: lost", "NOT MEASURED: memory: no", "",
                "1 of 2 met, in a quick run. 2 cores (P), S, Redis 7, a commit. Load average 0.50 before, 1.00 after 12 s.",
                "",
            ])
        #expect(!report.isMet)
    }

    @Test func theJSONHasWhatTheTableHas() throws {
        let report = Self.report([
            Bar("fast", "tokens", .perSecond, [10], of: ("pair", [20]), .atLeast(0.5)),
            Bar("nothing", "none", .count, [], .atMost(1)),
        ])
        struct Read: Decodable {
            struct Row: Decodable {
                var name: String
                var measured: Double?
                var ratio: Double?
                var atLeast: Double?
                var met: Bool
            }

            var bars: [Row]
            var met: Bool
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let read = try decoder.decode(Read.self, from: Data(try report.json.utf8))
        #expect(read.bars.map(\.name) == ["fast", "nothing"])
        #expect(read.bars[0].measured == 10 && read.bars[0].ratio == 0.5 && read.bars[0].atLeast == 0.5)
        #expect(read.bars[0].met && !read.bars[1].met && !read.met)
        #expect(read.bars[1].measured == nil)
    }
}

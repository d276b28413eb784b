import ArgumentParser
import Foundation
import Histogram
import Shared
import Testing

@testable import LoadTest

@Suite struct ReportTests {
    private func result(_ arguments: [String] = []) throws -> LoadResult {
        let plan = try LoadPlan(LoadTestOptions.parse(["--rate", "5"] + arguments))
        var measured = Measurements()
        for milliseconds in 1...1000 { measured.histograms.record(.firstChunk, UInt64(milliseconds) * 1_000_000) }
        measured.counters[.chunks] = 500
        measured.counters[.requests] = 10
        measured.violations.note(.orphan, "an id", "</script><b>left</b>")
        var record = Record()
        _ = record.add(
            [ShardReport(measured: measured, openStreams: 3, connections: 4, behind: 0)], at: 2, length: 2, phase: .load
        )
        let usage = ProcessUsage(cpuSeconds: 1, peakMemoryBytes: 1000)
        return LoadResult(
            plan: plan, startedAt: .now(), record: record, wasInterrupted: false, lastFailure: nil, saved: 7,
            client: .init(before: usage, after: ProcessUsage(cpuSeconds: 2, peakMemoryBytes: 2000), chunks: 1000))
    }

    @Test func theJSONHasTheFigures() throws {
        let json = try result(["--limit", "ttfc.p50<1s"]).json(pretty: true)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["verdict"] as? String == "bad")
        #expect((object["rates"] as? [String: Double])?["chunks_per_second"] == 250)
        let metrics = try #require(object["metrics"] as? [String: [String: Double]])
        #expect(Set(metrics.keys) == ["ttfc"])
        #expect(abs((metrics["ttfc"]?["p50"] ?? 0) - 500) < 1)
        let curve = try #require((object["curves"] as? [String: [[Double]]])?["ttfc"])
        #expect(curve.first?.first == 0 && curve.last?.last.map { abs($0 - 1000) < 1 } == true)
        #expect((object["limits"] as? [[String: Any]])?.first?["holds"] as? Bool == true)
        #expect((object["client"] as? [String: Double])?["cpu_ms_per_chunk"] == 1)
        let orphan = (object["checks"] as? [[String: Any]])?.first { $0["check"] as? String == "orphan" }
        #expect(orphan?["violations"] as? Int == 1)
    }

    @Test func thePageNeedsNothingElse() throws {
        let page = try HTMLReport.text(result())
        #expect(page.contains("prefers-color-scheme"))
        #expect(!page.contains("/*DATA*/") && !page.contains("/*STYLE*/") && !page.contains("/*SCRIPT*/"))
        #expect(!page.contains("<b>left") && page.contains(#"\u003C\/script>"#))
        #expect(page.components(separatedBy: "</script>").count == 3)
        for outside in [" src=\"http", "href=\"http", "url(http", "@import", "fetch("] {
            #expect(!page.contains(outside))
        }
    }

    @Test func theSummaryNamesWhatIsWrong() throws {
        let text = Summary(result: try result(["--limit", "ttfc.p99<50ms", "--limit", "gap.max<1s"])).text
        #expect(text.contains("VIOLATED 1 times: no generation is left behind (orphan)"))
        #expect(text.contains("MISSED ttfc.p99<50ms: 990 ms"))
        #expect(text.contains("MISSED gap.max<1s: nothing was measured"))
        #expect(text.contains("verdict: BAD"))
    }

    @Test func whatIsWrongInTheWarmUpCountsAndWhatIsMeasuredThereDoesNot() throws {
        var measured = Measurements()
        measured.histograms.record(.gap, 1_000_000)
        measured.histograms.record(.connect, 1_000_000)
        measured.counters[.lost] = 1
        measured.violations.note(.chunkMissing, nil, "x")
        let report = [ShardReport(measured: measured, openStreams: 0, connections: 0, behind: 0)]
        var record = Record()
        _ = record.add(report, at: 1, length: 1, phase: .warmUp)
        #expect(record.measured.histograms[.gap].totalCount == 0)
        #expect(record.measured.histograms[.connect].totalCount == 1)
        #expect(record.whole.errors == 1 && record.violations.total == 1 && record.measuredTime == 0)
        _ = record.add(report, at: 2, length: 1, phase: .load)
        _ = record.add(report, at: 3, length: 1, phase: .drain)
        #expect(record.measured.histograms[.gap].totalCount == 2)
        #expect(record.measured.histograms[.connect].totalCount == 3)
        #expect(record.measured.counters[.lost] == 1 && record.whole[.lost] == 3)
    }

    @Test(arguments: [
        (0.0, "0"), (0.0005, "< 1 µs"), (0.0853, "85.3 µs"), (1.2345, "1.23 ms"), (12.345, "12.3 ms"),
        (123.4, "123 ms"),
        (1999.6, "2.00 s"),
    ])
    func timesHaveThreeDigits(_ value: Double, _ text: String) {
        #expect(NumberText.milliseconds(value) == text)
    }
}

import Benchmarking
import Foundation
import Testing

@Suite("StageThresholds")
struct StageThresholdsTests {
    private let thresholds = StageThresholds(headroom: 1.5, stages: ["a.b": .init(allocations: 2, ratio: 0.9)])

    private func excesses(_ allocations: Double, _ ratio: Double) -> [String] {
        thresholds.excesses(
            [StageMeasurement(name: "a.b", ratio: ratio, allocations: allocations)], isComplete: true)
    }

    @Test func whatIsAtItsThresholdIsNotOver() {
        #expect(excesses(2, 0.9) == [])
        #expect(excesses(1, 0.1) == [])
    }

    @Test func oneAllocationMoreInAHundredOperationsIsOver() {
        #expect(excesses(2.01, 0.9) == ["a.b allocates 2.010 times for an operation; the threshold is 2.000"])
    }

    @Test func aGreaterRatioIsOver() {
        #expect(excesses(2, 0.901) == ["a.b takes 0.901 of its reference; the threshold is 0.900"])
        #expect(excesses(3, .nan).count == 2)
    }

    @Test func aStageWithoutThresholdsIsOver() {
        let measurement = StageMeasurement(name: "a.c", ratio: 0, allocations: 0)
        #expect(
            thresholds.excesses([measurement], isComplete: false) == ["a.c has no thresholds: --update writes them"])
    }

    @Test func thresholdsOfNoStageAreToldWhereAllWereMeasured() {
        #expect(thresholds.excesses([], isComplete: true) == ["a.b has thresholds, and is no stage"])
        #expect(thresholds.excesses([], isComplete: false) == [])
    }

    @Test func anUpdateAddsTheHeadroomToRatiosAndNothingToAllocations() {
        var thresholds = thresholds
        thresholds.update([StageMeasurement(name: "a.c", ratio: 2, allocations: 1.25)])
        #expect(thresholds.stages["a.c"] == .init(allocations: 1.25, ratio: 3))
        #expect(thresholds.stages["a.b"] == .init(allocations: 2, ratio: 0.9))
    }

    @Test func areReadFromTheFileTheyWereWrittenTo() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-thresholds-\(UUID()).json").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try thresholds.write(path: path)
        #expect(try StageThresholds(path: path) == thresholds)
        try "{}".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: StageFailure.self) { try StageThresholds(path: path) }
    }

    @Test func aReportNamesWhatIsOver() {
        let measurement = StageMeasurement(name: "a.b", operation: "something", ratio: 1.2, allocations: 2)
        let report = StageReport(measurements: [measurement], thresholds: thresholds, isComplete: true)
        #expect(report.excesses == ["a.b takes 1.200 of its reference; the threshold is 0.900"])
        #expect(report.text.hasSuffix("OVER: a.b takes 1.200 of its reference; the threshold is 0.900\n"))
        let free = StageReport(measurements: [measurement], thresholds: nil, isComplete: true)
        #expect(free.excesses == [])
    }
}

import Foundation
import TestSupport
import Testing

/// The program itself. It is a debug build here, so nothing of what it measures is compared with anything.
@Suite("penstock-bench")
struct BenchCommandTests {
    private struct Outcome {
        var status: Int32
        var output: String
    }

    private func run(_ arguments: String...) async throws -> Outcome {
        let process = Process()
        process.executableURL = Programs.benchmarks
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.start()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
    }

    @Test func measuresEveryStage() async throws {
        let outcome = try await run("stages", "--no-thresholds", "--samples", "1", "--sample-time", "1", "--json")
        #expect(outcome.status == 0, "\(outcome.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.measurements.count >= 20)
        #expect(report.measurements.allSatisfy { $0.ratio > 0 })
        // What the optimizer changes nothing about: a stop check takes no memory, the decoder of JSON much of it.
        #expect(report.measurements.first { $0.name == "context.check" }?.allocations == 0)
        #expect(report.measurements.first { $0.name == "received.stop" }.map { $0.allocations > 5 } == true)
    }

    @Test func refusesToCompareADebugBuild() async throws {
        let outcome = try await run("stages")
        #expect(outcome.status == 64 && outcome.output.contains("release"))
    }

    @Test func namesItsStagesWhereTheFilterNamesNone() async throws {
        let outcome = try await run("stages", "--no-thresholds", "--filter", "nothing")
        #expect(outcome.status == 64 && outcome.output.contains("context.check"))
    }

    private struct Report: Decodable {
        struct Measurement: Decodable {
            var name: String
            var ratio: Double
            var allocations: Double
        }

        var measurements: [Measurement]
    }
}

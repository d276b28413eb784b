import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Bars

@Suite struct BarsCommandTests {
    @Test func aRowIsMeasuredByTheProgram() async throws {
        try await ScratchDirectory.with { directory in
            let json = directory.appending(path: "bars.json")
            let process = try LabProcess(
                "bench", Programs.frontend.deletingLastPathComponent().appending(path: "penstock-bench"),
                ["bars", "--quick", "--only", "first-chunk", "--json", json.path], in: directory)
            let status = try await process.exitStatus(within: .seconds(120))
            // How fast it is depends on the machine: a bar may be missed.
            #expect(status == 0 || status == 1, "\(process.output)")
            struct Read: Decodable {
                struct Row: Decodable {
                    var name: String
                    var ratio: Double?
                }

                var bars: [Row]
                var failures: [String]
            }
            let read = try JSONDecoder().decode(Read.self, from: try Data(contentsOf: json))
            #expect(read.failures.isEmpty)
            #expect(read.bars.map(\.name) == ["first-chunk"])
            #expect(try #require(read.bars.first?.ratio) > 0)
            #expect(process.output.contains("time to first chunk, idle, p50"))
        }
    }

    @Test func aRowThatIsNoneIsRefused() {
        #expect(throws: (any Error).self) { try BarsCommand.parse(["--only", "nothing"]) }
        #expect(throws: Never.self) { try BarsCommand.parse(["--only", "unmerged", "cpu", "--quick"]) }
    }

    @Test func whatItStartedEndsWithIt() async throws {
        try await ScratchDirectory.with { directory in
            let process = try LabProcess(
                "bench", Programs.frontend.deletingLastPathComponent().appending(path: "penstock-bench"),
                ["bars", "--quick", "--only", "first-chunk", "unmerged"], in: directory,
                environment: ["TMPDIR": directory.path])
            let left = { () -> [String] in
                try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix("penstock-") }
            }
            // Its Redis has a directory of its own, and so has the run.
            try await eventually("something was started", within: .seconds(60)) { try left().count >= 2 }
            process.signal(SIGINT)
            #expect(try await process.exitStatus(within: .seconds(60)) == 130)
            #expect(try left() == [])
        }
    }
}

import Foundation
import Testing

@testable import Bars

@Suite struct FiguresTests {
    @Test func whatLinuxTellsIsRead() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 5 0 100 1 2"
        #expect(ProcessFigures.ticks(stat) == 175)
        #expect(ProcessFigures.ticks("42 (x") == nil)
        #expect(ProcessFigures.residentBytes("Name:\tx\nVmRSS:\t  2048 kB\nThreads: 1\n") == 2_097_152)
        #expect(ProcessFigures.residentBytes("Name:\tx\n") == nil)
        #expect(ProcessFigures.firstNumber("123456 7 8\n") == 123_456)
        #expect(MachineFigures.busyTicks("cpu  10 1 5 1000 50 2 3 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n") == 25)
        #expect(MachineFigures.busyTicks("intr 1 2") == nil)
    }

    #if os(Linux)
    @Test func thisProcessHasFigures() throws {
        let own = ProcessInfo.processInfo.processIdentifier
        #expect(try #require(ProcessFigures.residentBytes(of: own)) > 1_000_000)
        #expect(try #require(ProcessFigures.processorSeconds(of: own)) > 0)
        #expect(ProcessFigures.processorSeconds(of: -1) == nil)
        #expect(try #require(MachineFigures.busySeconds()) > 0)
        #expect(ProcessFigures.ownProcessorSeconds() > 0)
    }
    #endif

    @Test func whoseTimeItWas() {
        let start = Usage(seconds: 10, redis: 1, frontend: 2, worker: 3, client: 4, machine: 50)
        let end = Usage(seconds: 12, redis: 1.5, frontend: 2.5, worker: 3.5, client: 4.5, machine: 53)
        let spent = end - start
        #expect(spent.seconds == 2)
        #expect(spent.others(cores: 2) == 0.25)
        #expect(spent.shares == "Redis 25 %, worker 25 %, frontend 25 %, client 25 %")
    }

    @Test func aResultOfTheLoadTesterIsRead() throws {
        let json = """
            {"version": 1, "measured_seconds": 5, "counts_of_whole_run": {"stops": 7, "failed": 2, "chunks_after_stop": 1},
             "rates": {"tokens_per_second": 10000.5}, "last_failure": "BACKEND_ERROR: no",
             "metrics": {"latency": {"count": 5, "p50": 0.25, "p90": 1, "p99": 2, "max": 3, "min": 0}},
             "checks": [{"check": "orphan", "violations": 3}, {"check": "text_wrong", "violations": 0},
                        {"check": "chunk_after_acknowledgement", "violations": 1}]}
            """
        let result = try LoadTestResult(json: Data(json.utf8))
        #expect(result.count("stops") == 7 && result.count("what") == 0)
        #expect(try result.times("latency").p50 == 0.25)
        #expect(throws: BarsFailure.self) { try result.times("ttfc") }
        #expect(
            result.problems(passing: ["chunk_after_acknowledgement"]) == [
                "3 × orphan", "2 failed (BACKEND_ERROR: no)",
            ])
    }
}

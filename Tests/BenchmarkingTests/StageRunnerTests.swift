import Benchmarking
import Testing

@Suite("StageRunner")
struct StageRunnerTests {
    /// Counts what the stage says that it allocated.
    private final class Counter {
        var allocations: UInt64 = 0
        var operations = 0
    }

    @Test func countsAllocationsByOperation() throws {
        nonisolated(unsafe) let counter = Counter()
        let stage = Stage("a.b", "nothing") {
            Stage.Work(operations: 8) { rounds in
                for _ in 0..<rounds { counter.allocations += 20 }
            }
        }
        let runner = StageRunner(samples: 2, sampleTime: 1000) { counter.allocations }
        let measurement = try #require(try runner.measure([stage]).first)
        #expect(measurement.name == "a.b" && measurement.allocations == 2.5)
    }

    @Test func leavesOutWhatIsAllocatedOnce() throws {
        nonisolated(unsafe) let counter = Counter()
        let stage = Stage("a.b", "nothing") {
            Stage.Work { rounds in
                for _ in 0..<rounds {
                    counter.operations += 1
                    counter.allocations += 1
                    if counter.operations == 1500 { counter.allocations += 1_000_000 }
                }
            }
        }
        let runner = StageRunner(samples: 1, sampleTime: 1000) { counter.allocations }
        #expect(try runner.measure([stage]).map(\.allocations) == [1])
    }

    @Test func anOperationThatDoesTheReferenceSixteenTimesHasAHigherRatio() throws {
        let bytes = [UInt8](repeating: 7, count: 4096)
        let stage = Stage("a.b", "the reference, sixteen times") {
            Stage.Work(bytes: bytes) { rounds in
                for _ in 0..<rounds * 16 { keep(bytes.withUnsafeBytes { Reference.hash($0) }) }
            }
        }
        let measurement = try #require(try StageRunner(samples: 11, sampleTime: 200_000) { 0 }.measure([stage]).first)
        // It is sixteen; a machine that computes now faster, now slower may see it as less or more.
        #expect((4..<64).contains(measurement.ratio))
        #expect(measurement.nanoseconds > measurement.referenceNanoseconds)
    }

    @Test func whatWasSlowOnceIsMeasuredAgain() throws {
        let quick = Stage("a.b", "next to nothing") { Stage.Work { _ in } }
        let slow = StageMeasurement(name: "a.b", ratio: 1e12, allocations: 0)
        let other = StageMeasurement(name: "a.c", ratio: 3, allocations: 0)
        let confirmed = try StageRunner(samples: 1, sampleTime: 1000) { 0 }.confirm([slow, other], [quick])
        #expect(confirmed.map(\.name) == ["a.b", "a.c"])
        #expect(confirmed[0].ratio < 1e12 && confirmed[1] == other)
    }

    @Test func aStageThatDoesSomethingElseIsNotMeasured() {
        let stage = Stage("a.b", "nothing") { Stage.Work { _ in throw StageFailure("nothing came out") } }
        #expect(throws: StageFailure.self) { try StageRunner(samples: 1, sampleTime: 1000) { 0 }.measure([stage]) }
    }

    @Test func theReferenceIsTheHashOfItsName() {
        // From the test vectors of draft-eastlake-fnv.
        #expect(Array("foobar".utf8).withUnsafeBytes { Reference.hash($0) } == 0x8594_4171_F739_67E8)
    }
}

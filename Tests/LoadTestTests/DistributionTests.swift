import TestSupport
import Testing

@testable import LoadTest

@Suite struct DistributionTests {
    @Test(arguments: [
        ("200", Distribution.Shape.fixed(200)), ("fixed:0", .fixed(0)), ("uniform:10,100", .uniform(10, 100)),
        ("normal:200,50", .normal(mean: 200, deviation: 50)),
        ("lognormal:200,0.5", .lognormal(median: 200, sigma: 0.5)),
        ("exponential:2.5", .exponential(mean: 2.5)), ("uniform: 1, 2", .uniform(1, 2)),
    ])
    func itIsRead(_ text: String, _ shape: Distribution.Shape) throws {
        let distribution = try Distribution(text)
        #expect(distribution.shape == shape)
        #expect(try Distribution("\(distribution)") == distribution)
    }

    @Test(arguments: [
        "", "ten", "-1", "uniform:5", "uniform:9,1", "normal:1", "lognormal:0,1", "exponential:1,2", "poisson:3", "nan",
        "fixed:inf", "uniform:1,2,3",
    ])
    func whatIsNoneIsRefused(_ text: String) {
        #expect(throws: Distribution.Malformed.self) { try Distribution(text) }
    }

    @Test(arguments: ["200", "uniform:10,100", "normal:200,50", "lognormal:200,0.5", "exponential:200"])
    func itHasItsMeanAndIsNeverNegative(_ text: String) throws {
        var random = SeededRandom(seed: 7)
        let distribution = try Distribution(text)
        let samples = (0..<20_000).map { _ in distribution.sample(&random) }
        let mean = samples.reduce(0, +) / Double(samples.count)
        #expect(abs(mean - distribution.mean) < distribution.mean * 0.03)
        #expect(samples.allSatisfy { $0 >= 0 && $0.isFinite })
    }

    @Test func halfOfALognormalIsBelowItsMedian() throws {
        var random = SeededRandom(seed: 8)
        let distribution = try Distribution("lognormal:200,0.5")
        let below = (0..<20_000).count { _ in distribution.sample(&random) < 200 }
        #expect((9_700...10_300).contains(below))
    }

    @Test func aSeedMakesTheSameAgain() throws {
        let distribution = try Distribution("normal:10,5")
        var (one, other) = (LoadRandom(seed: 5), LoadRandom(seed: 5))
        for _ in 0..<100 {
            let (first, second) = (distribution.sample(&one), distribution.sample(&other))
            #expect(first == second)
        }
    }
}

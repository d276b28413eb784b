import Benchmarking
import Testing

@Suite("Quantiles")
struct QuantilesTests {
    @Test func lieBetweenSamplesWhereverTheseStand() {
        let quantiles = Quantiles(of: [4, 1, 3, 2])
        #expect(quantiles.lower == 1.75 && quantiles.median == 2.5 && quantiles.upper == 3.25)
        #expect(quantiles.spread == 0.3)
    }

    @Test func ofOneSampleAreThatSample() {
        let quantiles = Quantiles(of: [7])
        #expect(quantiles.lower == 7 && quantiles.median == 7 && quantiles.upper == 7 && quantiles.spread == 0)
    }

    @Test func areNotMovedByWhatWasDisturbed() {
        let samples = [Double](repeating: 10, count: 9) + [10_000]
        #expect(Quantiles(of: samples).median == 10)
        #expect(Quantiles(of: samples).spread == 0)
    }
}

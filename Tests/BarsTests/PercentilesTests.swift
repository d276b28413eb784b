import Testing

@testable import Bars

@Suite struct PercentilesTests {
    @Test func aRankIsTheSmallestSampleThatSoManyDoNotExceed() {
        let samples = Percentiles((1...200).map(Double.init).shuffled())
        #expect(samples(50) == 100)
        #expect(samples(99) == 198)
        #expect(samples(100) == 200)
        #expect(samples(0) == 1)
    }

    @Test func theMedianLiesBetweenTheTwoInTheMiddle() {
        #expect(Percentiles([3, 1, 2]).median == 2)
        #expect(Percentiles([4, 1, 2, 3]).median == 2.5)
        #expect(Percentiles([]).median.isNaN)
    }
}

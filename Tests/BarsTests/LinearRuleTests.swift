import Testing

@testable import Bars

@Suite struct LinearRuleTests {
    private let rule = LinearRule(figure: .redis, factor: 1.5)

    @Test func whatFallsAndThenStaysIsLinear() {
        // 100 at once and 2 for each: the whole cost is linear.
        let values = [1.0, 10, 100, 1000, 10_000].map { (100 + 2 * $0) / $0 }
        #expect(rule.breaches(values) == [])
    }

    @Test func whatGrowsFasterIsFound() {
        // The whole cost grows with the square.
        #expect(rule.breaches([1, 2, 4]) == [.init(smaller: 0, larger: 1), .init(smaller: 0, larger: 2)])
        // That the first points were dear does not hide it.
        #expect(rule.breaches([50, 10, 14, 16, 40]) == [.init(smaller: 1, larger: 3), .init(smaller: 1, larger: 4)])
        // With the logarithm: at some point it is found.
        #expect(rule.breaches([1, 1.2, 1.4, 1.6]) == [.init(smaller: 0, larger: 3)])
    }

    @Test func whatIsNotKnownIsNotJudgedAndWhatIsNoNumberBreaksIt() {
        #expect(rule.breaches([nil, 3, nil, 4]) == [])
        #expect(rule.breaches([3, .nan, 4]) == [.init(smaller: 0, larger: 1)])
        #expect(rule.breaches([]) == [])
    }

    @Test func slackIsAddedToTheFactor() {
        let rule = LinearRule(figure: .observed50, factor: 2, slack: 100)
        #expect(rule.breaches([10, 120]) == [])
        #expect(rule.breaches([10, 121]) == [.init(smaller: 0, larger: 1)])
    }
}

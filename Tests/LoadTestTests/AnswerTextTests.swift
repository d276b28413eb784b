import Testing

@testable import LoadTest

@Suite struct AnswerTextTests {
    private func take(_ chunks: String..., isCounted: Bool = true) -> (
        AnswerText, faults: [AnswerText.Fault], times: [Int64]
    ) {
        var text = AnswerText(isCounted: isCounted)
        var faults: [AnswerText.Fault] = []
        var times: [Int64] = []
        for chunk in chunks {
            let fault = Array(chunk.utf8).withUnsafeBytes { bytes in text.take(bytes) { times.append($0) } }
            if let fault { faults.append(fault) }
        }
        return (text, faults, times)
    }

    @Test func countingIsFollowedThroughChunks() {
        let (text, faults, times) = take("0 ", "1 2 3 ", "", "4 ")
        #expect(faults.isEmpty && times.isEmpty)
        #expect(text.tokens == 5 && text.bytes == 10)
        #expect(text.hash == AnswerText.hash(of: "0 1 2 3 4 ".utf8))
    }

    @Test func timesAreTold() {
        let (text, faults, times) = take("0@1700000000000001 1@1700000000000002 ")
        #expect(faults.isEmpty && text.tokens == 2)
        #expect(times == [1_700_000_000_000_001, 1_700_000_000_000_002])
    }

    @Test func aHoleIsFoundOnce() {
        let (text, faults, _) = take("0 1 ", "3 4 ", "5 ")
        #expect(faults == [.missing(expected: 2, found: 3)])
        #expect(text.tokens == 6)
    }

    @Test func aRepetitionIsFound() {
        #expect(take("0 1 ", "1 ", "2 ").faults == [.repeated(expected: 2, found: 1)])
    }

    @Test(arguments: ["x ", "1", "1@ ", "1@x ", " ", "1@5", "1  2 ", "-1 "])
    func whatIsNoNumberIsStrange(_ chunk: String) {
        #expect(take("0 ", chunk).faults == [.strange(afterToken: chunk == "1  2 " ? 1 : 0)])
    }

    @Test func unknownTextIsOnlyReckonedUp() {
        let (text, faults, _) = take("any ", "thing", isCounted: false)
        #expect(faults.isEmpty && text.tokens == 2)
        #expect(text.hash == AnswerText.hash(of: "any thing".utf8))
    }
}

import Testing

@testable import Worker

@Suite struct AnswerBoundsTests {
    private func fitting(_ text: String, _ bounds: AnswerBounds, bytes: Int = 0, tokens: Int = 0) -> GeneratedToken? {
        bounds.fitting(GeneratedToken(text), bytes: bytes, tokens: tokens)
    }

    @Test func whatFitsIsSaidWhole() {
        let bounds = AnswerBounds(bytes: 10)
        #expect(fitting("0123456789", bounds) == GeneratedToken("0123456789"))
        #expect(fitting("89", bounds, bytes: 8) == GeneratedToken("89"))
        #expect(fitting("", bounds, bytes: 10) == GeneratedToken(""))
    }

    @Test func whatDoesNotFitIsCutToTheByte() {
        let bounds = AnswerBounds(bytes: 10)
        #expect(fitting("0123456789x", bounds) == GeneratedToken("0123456789"))
        #expect(fitting("89x", bounds, bytes: 8) == GeneratedToken("89"))
        #expect(fitting("x", bounds, bytes: 10) == nil)
        // What earlier attempts said under another bound.
        #expect(fitting("x", bounds, bytes: 11) == nil)
    }

    @Test func charactersAreNotCut() {
        let bounds = AnswerBounds(bytes: 4)
        #expect(fitting("aé😀", bounds) == GeneratedToken("aé"))
        #expect(fitting("😀😀", bounds) == GeneratedToken("😀"))
        #expect(fitting("😀", bounds, bytes: 1) == nil)
        #expect(fitting("👩‍👩‍👧", bounds) == nil)
    }

    @Test func tokensAreCountedAsTheyCome() {
        let bounds = AnswerBounds(bytes: 100, tokens: 3)
        #expect(fitting("a", bounds, tokens: 2) == GeneratedToken("a"))
        #expect(fitting("a", bounds, tokens: 3) == nil)
        #expect(bounds.fitting(GeneratedToken("a b", tokens: 2), bytes: 0, tokens: 2) == nil)
    }
}

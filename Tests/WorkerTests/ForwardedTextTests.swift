import Shared
import Testing

@testable import Worker

/// Transcripts: what the child says, and what its parent passes on.
@Suite struct ForwardedTextTests {
    private func token(_ text: String, _ tokens: Int) -> GenerationStep { .token(GeneratedToken(text, tokens: tokens)) }

    @Test func whatWasPassedOnIsSkipped() {
        var text = ForwardedText(textSoFar: "abcd")
        #expect(text.said("ab", tokens: 1) == [])
        #expect(text.said("cdef", tokens: 2) == [token("ef", 2)])
        #expect(text.said("g", tokens: 1) == [token("g", 1)])
        #expect(text.restarted() == [.restart])
        #expect(text.ended() == [])
    }

    @Test func withoutAPastAllIsPassedOn() {
        var text = ForwardedText(textSoFar: "")
        #expect(text.said("a", tokens: 1) == [token("a", 1)])
        #expect(text.restarted() == [.restart])
        #expect(text.ended() == [])
    }

    @Test func aChildThatBeganAnewSaysSomethingElse() {
        var text = ForwardedText(textSoFar: "abcd")
        #expect(text.said("ab", tokens: 1) == [])
        #expect(text.restarted() == [])
        #expect(text.said("a", tokens: 1) == [])
        #expect(text.said("x", tokens: 1) == [.restart, token("ax", 2)])
        #expect(text.said("y", tokens: 1) == [token("y", 1)])
    }

    @Test func aParentThatPassedOnWhatCameBehindARestart() {
        var text = ForwardedText(textSoFar: "xy")
        #expect(text.said("ab", tokens: 1) == [.restart, token("ab", 1)])
        #expect(text.restarted() == [.restart])
        #expect(text.said("xyz", tokens: 3) == [token("xyz", 3)])
        var same = ForwardedText(textSoFar: "xy")
        #expect(same.restarted() == [])
        #expect(same.said("xyz", tokens: 3) == [token("z", 3)])
    }

    @Test func aChildThatEndsSooner() {
        var text = ForwardedText(textSoFar: "abcd")
        #expect(text.said("ab", tokens: 2) == [])
        #expect(text.ended() == [.restart, token("ab", 2)])
        var empty = ForwardedText(textSoFar: "abcd")
        #expect(empty.ended() == [.restart])
    }
}

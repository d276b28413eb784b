import TestSupport
import Testing

@testable import LoadTest

@Suite struct BehaviourTests {
    private func draw(_ mix: BehaviourMix, tokens: Int = 100, _ count: Int = 10_000) -> [Behaviour] {
        var random = SeededRandom(seed: 11)
        return (0..<count).map { _ in mix.draw(tokens: tokens, &random) }
    }

    @Test func theSharesAreKept() {
        let drawn = draw(
            BehaviourMix(stopRate: 0.3, resumeRate: 0.2, slowRate: 0.1, abandonRate: 0.05))
        func share(_ matches: (Behaviour) -> Bool) -> Double { Double(drawn.count(where: matches)) / 10_000 }
        #expect(abs(share { if case .stop = $0 { true } else { false } } - 0.3) < 0.02)
        #expect(abs(share { if case .resume = $0 { true } else { false } } - 0.2) < 0.02)
        #expect(abs(share { $0 == .readSlowly } - 0.1) < 0.02)
        #expect(abs(share { if case .abandon = $0 { true } else { false } } - 0.05) < 0.01)
        #expect(abs(share { $0 == .read } - 0.35) < 0.02)
    }

    @Test func withoutAPlaceAStopComesAnywhere() {
        let places = draw(BehaviourMix(stopRate: 1), tokens: 4).map { behaviour -> Int in
            if case .stop(let tokens) = behaviour { tokens } else { -1 }
        }
        #expect(Set(places) == Set(0...4))
    }

    @Test func delaysAndPlacesShareTheStops() throws {
        var mix = BehaviourMix(stopRate: 1, stopDelay: try Distribution("0.25"))
        #expect(Set(draw(mix, 100)) == [.stopLater(after: 250_000_000)])
        mix.stopAfterTokens = try Distribution("3")
        let drawn = draw(mix)
        #expect(Set(drawn) == [.stopLater(after: 250_000_000), .stop(afterTokens: 3)])
        #expect((4_700...5_300).contains(drawn.count { $0 == .stop(afterTokens: 3) }))
    }

    @Test func aPlaceIsWithinTheAnswer() throws {
        let mix = BehaviourMix(resumeRate: 1, resumeAfterTokens: try Distribution("500"))
        #expect(Set(draw(mix, tokens: 20, 10)) == [.resume(afterTokens: 20)])
    }
}

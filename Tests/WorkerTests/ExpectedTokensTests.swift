import NIOPosix
import Shared
import Testing

@testable import Worker

@Suite struct ExpectedTokensTests {
    private func job(_ parameters: [String: JSONValue]) -> GenerationJob {
        GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "me", content: "", parameters: parameters)
    }

    @Test func aCountIsKnown() {
        let generator = CountGenerator()
        #expect(generator.expectedTokens(of: job([:])) == .exactly(1000))
        #expect(generator.expectedTokens(of: job(["count": .integer(7)])) == .exactly(7))
        #expect(generator.expectedTokens(of: job(["count": .integer(-7)])) == nil)
        #expect(generator.expectedTokens(of: job(["count": .string("x")])) == nil)
    }

    @Test func anEngineMaySayLess() async {
        let generator = OpenAIGenerator(
            configuration: OpenAIConfiguration(url: "http://127.0.0.1:1"), group: MultiThreadedEventLoopGroup.singleton)
        #expect(generator.expectedTokens(of: job([:])) == nil)
        #expect(generator.expectedTokens(of: job(["max_tokens": .integer(30)])) == .atMost(30))
        #expect(
            generator.expectedTokens(of: job(["max_tokens": .integer(30), "max_completion_tokens": .integer(20)]))
                == .atMost(20))
        #expect(generator.expectedTokens(of: job(["max_tokens": .integer(0)])) == nil)
        await generator.shutdown()
    }

    @Test func whatIsForwardedIsCountedWhereItIsMade() {
        #expect(ForwardGenerator(to: "q").expectedTokens(of: job(["count": .integer(7)])) == nil)
    }

    @Test func noAnswerIsLongerThanItMayBe() {
        #expect(ExpectedTokens.bounded(.exactly(10), by: nil) == .exactly(10))
        #expect(ExpectedTokens.bounded(.exactly(10), by: 4) == .exactly(4))
        #expect(ExpectedTokens.bounded(.atMost(10), by: 40) == .atMost(10))
        #expect(ExpectedTokens.bounded(nil, by: 40) == .atMost(40))
        #expect(ExpectedTokens.bounded(nil, by: nil) == nil)
    }
}

import Foundation
import NIOCore
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct OpenAIGeneratorTests {
    private let lab = JobLab()

    /// Runs one job against a fake engine, while `body` plays the engine and the client.
    private func run(
        _ parameters: [String: JSONValue] = [:],
        saidBefore: String? = nil, limits: TimeLimits? = nil, answer: AnswerBounds = .init(),
        configure: (inout OpenAIConfiguration) -> Void = { _ in },
        while body: @Sendable @escaping (FakeEngine, RequestID) async throws -> Void
    ) async throws -> RequestID {
        let engine = try await FakeEngine.start()
        var configuration = OpenAIConfiguration(url: engine.url, key: "secret", model: "tiny")
        configuration.connectTimeout = .seconds(60)
        configure(&configuration)
        let generator = OpenAIGenerator(configuration: configuration, group: lab.group)
        let delivery = try await lab.delivery(parameters, limits: limits)
        let id = delivery.job.requestID
        if let saidBefore {
            _ = try await lab.outside.claim(delivery, worker: "dead").get()
            let chunk = TokenChunk(id: EntryID(attempt: 1, index: 1), text: saidBefore, tokens: 2)
            _ = try await lab.outside.append([chunk], to: id).get()
        }
        do {
            try await lab.run(lab.runner(delivery, generator) { $0.answer = answer }) { try await body(engine, id) }
        } catch {
            await generator.shutdown()
            throw error
        }
        await generator.shutdown()
        try await engine.stop()
        return id
    }

    private static func asked(_ engine: FakeEngine) async throws {
        try await eventually { engine.received.first?.contains("\"messages\"") == true }
    }

    /// Stops a request; returns how long it took until it had its ending, and the engine saw its connection closed.
    @discardableResult
    private static func stop(
        _ lab: JobLab, _ engine: FakeEngine?, _ id: RequestID, _ mode: StopIntent.Mode = .stop
    ) async throws -> Duration {
        let start = ContinuousClock.now
        try await lab.stop(id, mode)
        try await eventually { (engine.map { $0.closed == 1 } ?? true) && !lab.endings(id).isEmpty }
        return ContinuousClock.now - start
    }

    /// The best of several: the tests beside this one want the processor too.
    @Test func aStopTakesEffectAtOnce() async throws {
        let lab = lab
        let best = Mutex(Duration.seconds(10))
        for _ in 0..<10 where best.withLock({ $0 >= .milliseconds(100) }) {
            _ = try await run { engine, id in
                try await Self.asked(engine)
                let time = try await Self.stop(lab, engine, id)
                best.withLock { $0 = min($0, time) }
            }
        }
        #expect(best.withLock { $0 } < .milliseconds(100))
    }

    @Test func anAnswer() async throws {
        let id = try await run(["temperature": .number(0.5), "count": .integer(3)]) { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("") + FakeEngine.chunk("Hel"))
            try await engine.say(FakeEngine.chunk("lo") + ": ping\n\n")
            try await engine.say("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n")
            try await engine.say(
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n")
            let request = try #require(engine.received.first)
            #expect(request.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
            #expect(request.contains("uthorization: Bearer secret\r\n"))
            #expect(request.contains("\"model\":\"tiny\"") && request.contains("\"temperature\":0.5"))
            #expect(request.contains("\"stream\":true") && request.contains("\"include_usage\":true"))
            #expect(!request.contains("\"count\""))
        }
        #expect(lab.text(id) == "Hello")
        #expect(lab.endings(id).first?.finishReason == "length")
        #expect(lab.endings(id).first?.usage == Usage(inputTokens: 7, outputTokens: 2))
    }

    @Test func anAnswerThatIsAsLongAsItMayBeClosesItsEngine() async throws {
        let lab = lab
        let id = try await run(answer: AnswerBounds(bytes: 4)) { engine, id in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("Hel") + FakeEngine.chunk("lo"))
            try await eventually { engine.closed == 1 && !lab.endings(id).isEmpty }
        }
        #expect(lab.text(id) == "Hell")
        #expect(lab.endings(id).map(\.finishReason) == ["length"])
    }

    @Test func theEndOfItsTimeClosesTheEngine() async throws {
        let lab = lab
        // The engine is to be asked, and to answer, before it is over.
        let id = try await run(limits: TimeLimits(total: 15_000)) { engine, id in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("Hel"))
            try await eventually { engine.closed == 1 && !lab.endings(id).isEmpty }
        }
        #expect(lab.text(id) == "Hel")
        #expect(lab.endings(id).map(\.state) == [.expired])
    }

    @Test func whateverAnEngineCountsIsBroughtIntoRange() async throws {
        let id = try await run { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("a"))
            try await engine.say(
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":1}}\n\n")
            try await engine.say("data: [DONE]\n\n")
        }
        #expect(lab.endings(id).first?.usage == Usage(inputTokens: Int(Int32.max), outputTokens: 1))
    }

    private static let rest =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n"

    @Test func anAnswerBeginsAnewWhenTheEngineSpeaksAndNotBefore() async throws {
        let lab = lab
        let id = try await run(saidBefore: "Hel") { engine, id in
            try await Self.asked(engine)
            #expect(engine.received.first?.contains("Hel") == false)
            try await engine.say(FakeEngine.head + FakeEngine.chunk(""))
            #expect(try await lab.message(id)?.content == "Hel")
            try await engine.say(FakeEngine.chunk("Hi") + Self.rest)
        }
        #expect(try await lab.message(id)?.content == "Hi")
        #expect(try await lab.message(id)?.usage == Usage(inputTokens: 7, outputTokens: 1))
    }

    @Test func whatWasSaidStandsWhereTheEngineIsGone() async throws {
        let id = try await run(saidBefore: "Hel") { engine, _ in
            try await Self.asked(engine)
            try await engine.hangUp()
        }
        #expect(try await lab.message(id)?.content == "Hel")
        #expect(lab.endings(id).map(\.state) == [.failed])
    }

    @Test func aPrefixIsContinued() async throws {
        let id = try await run(
            ["max_tokens": .integer(5)], saidBefore: "Hel", configure: { $0.continuation = .prefix }
        ) { engine, _ in
            try await Self.asked(engine)
            let request = try #require(engine.received.first)
            #expect(request.contains("\"continue_final_message\":true"))
            #expect(request.contains("\"add_generation_prompt\":false"))
            #expect(request.contains("\"Hel\"") && request.contains("\"max_tokens\":3"))
            try await engine.say(FakeEngine.head + FakeEngine.chunk("lo") + Self.rest)
        }
        #expect(try await lab.message(id)?.content == "Hello")
        #expect(try await lab.message(id)?.usage == Usage(inputTokens: 7, outputTokens: 3))
        #expect(!lab.store.log(of: id).contains { $0.body == .restarted })
    }

    @Test func aPrefixThatTheEngineRefusesIsNoFailure() async throws {
        let id = try await run(saidBefore: "Hel", configure: { $0.continuation = .prefix }) { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.response("400 Bad Request", "{\"error\":{\"message\":\"no prefill\"}}"))
            try await eventually { engine.received.joined().components(separatedBy: "POST ").count == 3 }
            #expect(!engine.received.joined().components(separatedBy: "POST ")[2].contains("Hel"))
            try await engine.say(FakeEngine.head + FakeEngine.chunk("Hi") + Self.rest)
        }
        #expect(try await lab.message(id)?.content == "Hi")
        #expect(lab.store.log(of: id).contains { $0.body == .restarted })
    }

    @Test func anAnswerThatHasAllItsTokensIsNotContinued() async throws {
        let id = try await run(
            ["max_tokens": .integer(2)], saidBefore: "Hello", configure: { $0.continuation = .prefix }
        ) { _, _ in }
        #expect(lab.endings(id).map(\.finishReason) == ["length"])
        #expect(try await lab.message(id)?.content == "Hello")
    }

    @Test(arguments: [StopIntent.Mode.stop, .kill]) func aStopBeforeTheHeadClosesTheConnection(_ mode: StopIntent.Mode)
        async throws
    {
        let lab = lab
        let id = try await run { engine, id in
            try await Self.asked(engine)
            try await Self.stop(lab, engine, id, mode)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test func aStopAfterTheHeadClosesTheConnection() async throws {
        let lab = lab
        let id = try await run { engine, id in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk(""))
            try await Self.stop(lab, engine, id)
        }
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test func aStopBetweenTokensClosesTheConnection() async throws {
        let lab = lab
        let id = try await run { engine, id in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("a"))
            try await eventually { lab.text(id) == "a" }
            try await Self.stop(lab, engine, id)
        }
        #expect(lab.text(id) == "a" && lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test func aStopWhileTheConnectionIsMadeSettlesAtOnce() async throws {
        let lab = lab
        let full = try await FullServer.start()
        let id = try await run(configure: { $0.url = full.url }) { _, id in
            try await eventually { try await lab.state(id) == .running }
            // Far sooner than the minute that it may take to connect.
            #expect(try await Self.stop(lab, nil, id) < .seconds(30))
        }
        try await full.stop()
        #expect(lab.endings(id).map(\.state) == [.cancelled])
    }

    @Test(arguments: [
        ("500 Internal Server Error", ErrorCode.backendError), ("401 Unauthorized", .backendError),
        ("429 Too Many Requests", .rateLimitExceeded),
    ])
    func aRefusalIsAFailure(_ status: String, _ code: ErrorCode) async throws {
        let id = try await run { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.response(status, "{\"error\":{\"message\":\"slow down\"}}"))
        }
        let error = try #require(lab.endings(id).first?.error)
        #expect(error.code == code && error.message.contains("slow down") && error.message.contains(status.prefix(3)))
    }

    @Test(arguments: [
        ("data: {not json\n\n", "cannot be read"), ("data: {\"error\":{\"message\":\"the GPU fell off\"}}\n\n", "GPU"),
        ("data: \(String(repeating: "x", count: 2000))", "too long"), ("", "broke off"),
    ])
    func whatGoesWrongInTheMiddleKeepsWhatWasSaid(_ rest: String, _ message: String) async throws {
        let id = try await run(configure: { $0.maximumEventBytes = 1000 }) { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("half") + rest)
            try? await engine.hangUp()
        }
        #expect(lab.text(id) == "half")
        #expect(lab.endings(id).first?.error?.code == .backendError)
        #expect(lab.endings(id).first?.error?.message.contains(message) == true)
    }

    @Test func silenceIsATimeOut() async throws {
        let first = try await run(configure: { $0.firstByteTimeout = .milliseconds(50) }) { _, _ in }
        #expect(lab.endings(first).first?.error?.code == .backendTimeout)
        let idle = try await run(configure: { $0.idleTimeout = .milliseconds(50) }) { engine, _ in
            try await Self.asked(engine)
            try await engine.say(FakeEngine.head + FakeEngine.chunk("a"))
        }
        #expect(lab.text(idle) == "a" && lab.endings(idle).first?.error?.code == .backendTimeout)
    }

    @Test func noEngineIsAFailure() async throws {
        let id = try await run(configure: { $0.url = "http://127.0.0.1:1" }) { _, _ in }
        #expect(lab.endings(id).first?.error?.code == .backendError)
    }

    @Test func badParametersAreNamed() async throws {
        let id = try await run(["temperature": .number(3)]) { _, _ in }
        let error = try #require(lab.endings(id).first?.error)
        #expect(error.code == .invalidRequest && error.message.contains("parameters.temperature"))
    }

    /// The engine's connection waits for room in the pipe, and room is made no more.
    @Test func whatWasStoppedWhileItsPipeWasFullIsFreed() async throws {
        let engine = try await FakeEngine.start()
        let generator = OpenAIGenerator(
            configuration: OpenAIConfiguration(url: engine.url, connectTimeout: .seconds(60)), group: lab.group)
        do {
            try await stopWhileThePipeIsFull(engine, generator)
        } catch {
            await generator.shutdown()
            throw error
        }
        await generator.shutdown()
        try await engine.stop()
    }

    private func stopWhileThePipeIsFull(_ engine: FakeEngine, _ generator: OpenAIGenerator) async throws {
        let context = RequestContext(id: .random())
        let pipe = Weak<TokenPipe>()
        do {
            let request = GenerationRequest(job: try await lab.delivery().job)
            let answer = try generator.generate(request, context: context, on: lab.shard)
            pipe.set(try #require(answer.call).pipe)
            try await Self.asked(engine)
            let words = (0..<500).map { FakeEngine.chunk("\($0)") }.joined()
            try await engine.say(FakeEngine.head + words)
            try await eventually { pipe.object?.isFull == true }
            context.stopGenerating()
            try await eventually { engine.closed == 1 }
        }
        try await eventually { pipe.object == nil }
    }

    @Test(arguments: ["http://h", "http://h/", "http://h/v1", "http://h/v1/"]) func theBaseURLMayEndInTheVersion(
        _ url: String
    ) {
        #expect(OpenAIConfiguration(url: url).endpoint == "http://h/v1/chat/completions")
    }
}

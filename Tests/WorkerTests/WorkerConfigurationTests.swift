import ArgumentParser
import NIOCore
import Shared
import Testing

@testable import Worker

@Suite struct WorkerConfigurationTests {
    private func read(_ given: [String: String]) throws -> WorkerConfiguration {
        let flags = try WorkerOptions.parse([]).flags.merging(given.mapValues { Optional($0) }) { $1 }
        return try WorkerConfiguration(reading: SettingsReader(flags: flags, environment: [:]))
    }

    @Test func theDefaults() throws {
        let configuration = try read([:])
        #expect(configuration.queue == "default" && configuration.slots == 64)
        #expect(configuration.lease == .seconds(15) && configuration.drainTimeout == .seconds(30))
        #expect(configuration.maximumDeliveries == 5)
        #expect(configuration.batching == .natural && configuration.answer == AnswerBounds(bytes: 16 << 20))
        #expect(configuration.node.adminListen == .tcp(host: "127.0.0.1", port: 9091))
        #expect(configuration.generatorLabel == "count")
    }

    @Test func theGenerators() throws {
        #expect(try read(["generator": "forward", "forward-to": "gpu"]).generatorLabel == "forward:gpu")
        guard
            case .openAI(let openAI) = try read([
                "generator": "openai", "openai-url": "https://engine/v1", "openai-model": "tiny", "slots": "7",
                "openai-idle-timeout": "1500ms",
            ]).generator
        else {
            Issue.record("not openai")
            return
        }
        #expect(openAI.endpoint == "https://engine/v1/chat/completions" && openAI.model == "tiny")
        #expect(openAI.idleTimeout == .milliseconds(1500) && openAI.connectTimeout == .seconds(5))
        #expect(openAI.connections == 7)
    }

    @Test(arguments: [
        ["slots": "0"], ["slots": "many"], ["lease": "100ms"], ["generator": "magic"], ["batching": "sometimes"],
        ["queue": "with space"], ["queue": "{slot}"], ["generator": "forward"],
        ["generator": "forward", "forward-to": "default"], ["generator": "openai", "openai-url": "engine"],
        ["generator": "openai", "openai-key-file": "/does/not/exist"], ["max-answer-bytes": "0"],
        ["max-answer-tokens": "-1"],
    ])
    func badSettingsAreRefusedByName(_ given: [String: String]) throws {
        let error = #expect(throws: SettingsError.self) { try read(given) }
        #expect(error?.key != nil)
    }
}

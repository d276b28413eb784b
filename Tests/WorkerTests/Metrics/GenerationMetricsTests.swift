import NIOCore
import Shared
import TestSupport
import Testing

@testable import Worker

@Suite struct GenerationMetricsTests {
    private let count = ["gen_ai_operation_name": "chat", "gen_ai_provider_name": "penstock.count"]

    private func generation(
        _ state: Ending.State, model: String? = nil, usage: Usage = Usage(outputTokens: 11), tokens: Int = 11
    ) -> GenerationMetrics.Generation {
        let error = state == .failed ? Ending.Failure(code: .backendError, message: "no") : nil
        return .init(
            model: model, ending: Ending(state: state, finishReason: "", usage: usage, error: error),
            duration: .seconds(3), firstTokenAfter: .milliseconds(500), speakingTime: .seconds(2), tokens: tokens)
    }

    @Test func aCompletedGeneration() throws {
        let lab = JobLab()
        lab.metrics.generations.ended(generation(.completed, usage: Usage(inputTokens: 4, outputTokens: 11)))
        let page = try lab.page()
        #expect(page.value("gen_ai_server_request_duration_seconds_sum", count) == 3)
        #expect(page.value("gen_ai_server_time_to_first_token_seconds_sum", count) == 0.5)
        #expect(page.value("gen_ai_server_time_per_output_token_seconds_sum", count) == 0.2)
        func usage(_ type: String, _ bound: String) -> Double? {
            page.value(
                "gen_ai_client_token_usage_bucket",
                count.merging(["gen_ai_token_type": type, "le": bound]) { $1 })
        }
        #expect(usage("output", "4") == 0 && usage("output", "16") == 1)
        #expect(usage("input", "1") == 0 && usage("input", "4") == 1)
        let bounds = page.values.keys.filter { $0.name == "gen_ai_server_request_duration_seconds_bucket" }
            .compactMap { $0.labels["le"] }
        #expect(Set(bounds).isSuperset(of: ["0.01", "0.02", "81.92", "+Inf"]) && bounds.count == 15)
    }

    @Test func aStopIsNoErrorAndAFailureIs() throws {
        let lab = JobLab()
        lab.metrics.generations.ended(generation(.cancelled))
        lab.metrics.generations.ended(generation(.failed, tokens: 0))
        let page = try lab.page()
        #expect(page.value("gen_ai_server_request_duration_seconds_count", count) == 1)
        #expect(
            page.value(
                "gen_ai_server_request_duration_seconds_count",
                count.merging(["error_type": "BACKEND_ERROR"]) { $1 }) == 1)
        #expect(page.sum("gen_ai_server_time_to_first_token_seconds_count") == 1)
        #expect(page.sum("gen_ai_server_time_per_output_token_seconds_count") == 0)
    }

    @Test func onlyTheModelOfTheWorkerIsNamed() throws {
        func models(_ generator: String, _ configured: String?, _ asked: String?...) throws -> [String?] {
            let lab = JobLab(generator: generator, model: configured)
            for model in asked { lab.metrics.generations.ended(generation(.completed, model: model)) }
            return try lab.page().values.filter { $0.key.name == "gen_ai_server_request_duration_seconds_count" }
                .flatMap { [String?](repeating: $0.key.labels["gen_ai_request_model"], count: Int($0.value)) }
                .sorted { $0 ?? "" < $1 ?? "" }
        }
        #expect(try models("openai", "m", nil, "m", "x", "y") == ["m", "m", "other", "other"])
        #expect(try models("openai", nil, nil, "x") == [nil, "other"])
        #expect(try models("count", nil, "x", nil) == [nil, nil])
    }

    @Test func aRequestThatOneTokenAnswersHasNoTimeBetweenTokens() throws {
        let lab = JobLab()
        lab.metrics.generations.ended(generation(.completed, tokens: 1))
        #expect(try lab.page().sum("gen_ai_server_time_per_output_token_seconds_count") == 0)
    }
}

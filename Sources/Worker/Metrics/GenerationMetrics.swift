private import Metrics
package import NIOCore
package import Shared

/// What a worker tells of its generations by the names, labels and bounds of OpenTelemetry's semantic conventions, in Prometheus's spelling.
///
/// After "Semantic conventions for generative AI metrics" (status: development), as in the repository open-telemetry/semantic-conventions-genai,
/// `docs/gen-ai/gen-ai-metrics.md`. All is recorded at the end of a request, by the worker that wrote its ending.
///
/// The provider is `openai` for what asks an OpenAI-compatible engine, `penstock.<generator>` otherwise. A model is named only where it is the
/// one that the worker is set up with; any other that a client asks for is `other`. A stop is no error.
package struct GenerationMetrics: Sendable {
    private static let duration = "gen_ai_server_request_duration_seconds"
    private static let firstToken = "gen_ai_server_time_to_first_token_seconds"
    private static let perToken = "gen_ai_server_time_per_output_token_seconds"
    private static let usage = "gen_ai_client_token_usage"

    /// The texts under `# HELP`.
    static let help = [
        duration: "From the submission of a request until its ending.",
        firstToken: "From the submission of a request until its first token, of those that did not fail.",
        perToken: "Time per output token after the first, of requests that were completed.",
        usage: "Tokens of a request, by type.",
    ]

    /// The upper bounds that the conventions advise.
    static let buckets: [String: [Double]] = [
        duration: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        firstToken: [
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
        ],
        perToken: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
        usage: [
            1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
        ],
    ]

    /// How one generation went.
    package struct Generation: Sendable {
        /// As its request asks for it.
        package var model: String?
        package var ending: Ending
        /// From the submission until the ending.
        package var duration: TimeAmount
        /// From the submission until the very first token, where it was said here.
        package var firstTokenAfter: TimeAmount?
        /// From the first token of this attempt until its generator had ended.
        package var speakingTime: TimeAmount?
        /// Tokens said by this attempt.
        package var tokens: Int

        package init(
            model: String?, ending: Ending, duration: TimeAmount, firstTokenAfter: TimeAmount?,
            speakingTime: TimeAmount?, tokens: Int
        ) {
            self.model = model
            self.ending = ending
            self.duration = duration
            self.firstTokenAfter = firstTokenAfter
            self.speakingTime = speakingTime
            self.tokens = tokens
        }
    }

    private let registry: PrometheusRegistry
    private let provider: String
    /// Whether models mean anything to the generator.
    private let takesModels: Bool
    private let model: String?

    init(registry: PrometheusRegistry, generator: String, model: String?) {
        self.registry = registry
        takesModels = generator == "openai"
        provider = takesModels ? generator : "penstock.\(generator)"
        self.model = model
    }

    /// A generation is over.
    package func ended(_ generation: Generation) {
        let labels = labels(generation.model)
        let ending = generation.ending
        let error = ending.error.map { [("error_type", $0.code.rawValue)] } ?? []
        timer(Self.duration, labels + error).recordNanoseconds(generation.duration.nanoseconds)
        switch ending.state {
        case .completed, .cancelled:
            if let time = generation.firstTokenAfter {
                timer(Self.firstToken, labels).recordNanoseconds(time.nanoseconds)
            }
        case .failed, .expired: break
        }
        if ending.state == .completed, generation.tokens > 1, let time = generation.speakingTime {
            timer(Self.perToken, labels).recordNanoseconds(time.nanoseconds / Int64(generation.tokens - 1))
        }
        tokens("output", ending.usage.outputTokens, labels)
        // Most generators do not count what they are given.
        if ending.usage.inputTokens > 0 { tokens("input", ending.usage.inputTokens, labels) }
    }

    private func labels(_ requested: String?) -> [(String, String)] {
        var labels = [("gen_ai_operation_name", "chat"), ("gen_ai_provider_name", provider)]
        if takesModels, let used = requested ?? model {
            labels.append(("gen_ai_request_model", used == model ? used : "other"))
        }
        return labels
    }

    private func timer(_ name: String, _ labels: [(String, String)]) -> Timer {
        Timer(label: name, dimensions: labels, factory: registry)
    }

    private func tokens(_ type: String, _ count: Int, _ labels: [(String, String)]) {
        Recorder(label: Self.usage, dimensions: labels + [("gen_ai_token_type", type)], factory: registry)
            .record(Int64(count))
    }
}

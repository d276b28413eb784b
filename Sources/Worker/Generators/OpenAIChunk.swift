#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// One event of an OpenAI-compatible stream (`chat.completion.chunk`), or an error in its place. What is not named here is passed
/// over: roles, logprobs, `reasoning_content`, choices beyond the first.
package struct OpenAIChunk: Decodable, Sendable {
    package struct Choice: Decodable, Sendable {
        package struct Delta: Decodable, Sendable {
            package var content: String?
        }

        package var index: Int?
        package var delta: Delta?
        package var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case index, delta
            case finishReason = "finish_reason"
        }
    }

    package struct TokenCounts: Decodable, Sendable {
        package var promptTokens: Int?
        package var completionTokens: Int?

        enum CodingKeys: String, CodingKey {
            case promptTokens = "prompt_tokens"
            case completionTokens = "completion_tokens"
        }
    }

    package var choices: [Choice]?
    package var usage: TokenCounts?
    /// The engine's words, where this is an error.
    package var errorMessage: String?

    enum CodingKeys: String, CodingKey {
        case choices, usage, error
    }

    private struct EngineError: Decodable {
        var message: String?
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        choices = try values.decodeIfPresent([Choice].self, forKey: .choices)
        usage = try values.decodeIfPresent(TokenCounts.self, forKey: .usage)
        guard values.contains(.error), try !values.decodeNil(forKey: .error) else { return }
        errorMessage =
            (try? values.decode(EngineError.self, forKey: .error).message)
            ?? (try? values.decode(String.self, forKey: .error)) ?? ""
    }

    /// Reads one event's data, or the body of an error response.
    package init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(OpenAIChunk.self, from: Data(json))
    }

    /// What the first choice says.
    package var first: Choice? { choices?.first { ($0.index ?? 0) == 0 } }
}

package import Shared

#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// The body of `POST /v1/chat/completions`. Of the client's parameters those of the list below are passed on, within their bounds;
/// others, such as those of other generators, are left out.
package struct OpenAIRequest: Sendable {
    private enum Rule {
        case number(ClosedRange<Double>)
        case integer(ClosedRange<Int>)
        /// A string, or an array of at most four.
        case words
    }

    private static let rules: [String: Rule] = [
        "temperature": .number(0...2), "top_p": .number(0...1), "min_p": .number(0...1),
        "presence_penalty": .number(-2...2), "frequency_penalty": .number(-2...2), "repeat_penalty": .number(0...4),
        "top_k": .integer(0...100_000), "max_tokens": .integer(1...1_000_000),
        "max_completion_tokens": .integer(1...1_000_000), "seed": .integer(Int(Int32.min)...Int(UInt32.max)),
        "stop": .words,
    ]
    private static let maximumWords = 4
    private static let maximumWordBytes = 256

    package var body: [String: JSONValue]
    /// Whether broken attempts have said as many tokens as were asked for.
    package private(set) var isSpent = false

    /// Throws `GenerationError` where a parameter is out of its bounds.
    package init(_ request: GenerationRequest, model: String?) throws(GenerationError) {
        let job = request.job
        var turns = job.history
        turns.append(GenerationJob.Turn(role: "user", content: job.content))
        // The engine goes on behind what broken attempts have said.
        if !request.textSoFar.isEmpty {
            turns.append(GenerationJob.Turn(role: "assistant", content: request.textSoFar))
        }
        body = [
            "stream": .bool(true),
            "stream_options": .object(["include_usage": .bool(true)]),
            "messages": .array(
                turns.map { .object(["role": .string($0.role), "content": .string($0.content)]) }),
        ]
        if let model = job.model ?? model { body["model"] = .string(model) }
        if !request.textSoFar.isEmpty {
            body["continue_final_message"] = .bool(true)
            body["add_generation_prompt"] = .bool(false)
        }
        for (name, rule) in Self.rules {
            guard let value = job.parameters[name], value != .null else { continue }
            try Self.check(value, name, rule)
            body[name] = value
        }
        for name in ["max_tokens", "max_completion_tokens"] where request.tokensSoFar > 0 {
            guard let limit = body[name]?.int else { continue }
            isSpent = isSpent || limit <= request.tokensSoFar
            body[name] = .integer(Int64(max(limit - request.tokensSoFar, 1)))
        }
    }

    /// The body as JSON.
    package func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(body)) }

    private static func check(_ value: JSONValue, _ name: String, _ rule: Rule) throws(GenerationError) {
        switch rule {
        case .number(let range):
            guard let number = value.double, range.contains(number) else {
                throw GenerationError(
                    .invalidRequest,
                    "parameters.\(name) must be a number between \(range.lowerBound) and \(range.upperBound)")
            }
        case .integer(let range):
            guard let number = value.int, range.contains(number) else {
                throw GenerationError(
                    .invalidRequest,
                    "parameters.\(name) must be a whole number between \(range.lowerBound) and \(range.upperBound)")
            }
        case .words:
            let words: [JSONValue] = if case .array(let words) = value { words } else { [value] }
            guard words.count <= maximumWords,
                words.allSatisfy({ ($0.string?.utf8.count).map { (1...maximumWordBytes).contains($0) } ?? false })
            else {
                throw GenerationError(
                    .invalidRequest,
                    "parameters.\(name) must be a string of at most \(maximumWordBytes) bytes, or up to \(maximumWords) of them"
                )
            }
        }
    }
}

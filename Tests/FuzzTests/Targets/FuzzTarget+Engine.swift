import Foundation

@testable import Worker

extension FuzzTarget {
    /// One event of an OpenAI-compatible engine.
    static let openAIChunks = FuzzTarget(
        name: "openAIChunks",
        words: [
            "{", "}", "[", "]", ",", "\"choices\":[", "\"delta\":{", "\"content\":\"", "\"finish_reason\":",
            "\"usage\":{", "\"index\":",
            "\"prompt_tokens\":", "\"completion_tokens\":", "\"error\":", "\"message\":", "null", "-1",
            "9223372036854775808", "1e99", "\\ud83d",
        ],
        sample: { draw in
            let content = draw.maybe { #""content":\#($0.text().debugDescription)"# } ?? ""
            let choice =
                #"{"index":\#(draw.below(2)),"delta":{\#(content)},"finish_reason":\#(draw.pick(["null", "\"stop\"", "\"length\""]))}"#
            let usage =
                draw.maybe { #","usage":{"prompt_tokens":\#($0.integer()),"completion_tokens":\#($0.integer())}"# }
                ?? ""
            let error =
                draw.one(in: 5) ? #","error":\#(draw.pick(["null", "\"x\"", "{\"message\":\"y\"}", "{}", "[1]"]))"# : ""
            return Array(#"{"choices":[\#(choice)]\#(usage)\#(error)}"#.utf8)
        },
        read: { bytes in _ = try? OpenAIChunk(json: bytes) },
        check: { input in
            let tree = JSONTree(input)
            guard let chunk = try? OpenAIChunk(json: input) else {
                return try demand(!isChunk(tree), "an event is refused")
            }
            guard let tree, !tree.isContested else { return try demand(tree != nil, "what is not JSON is an event") }
            let error = tree["error"]
            try demandEqual(
                chunk.errorMessage, error == nil || error == .null ? nil : error?["message"]?.text ?? error?.text ?? "",
                "the error")
            guard case .array(let choices)? = tree["choices"] else {
                return try demand(chunk.choices == nil, "there are no choices")
            }
            let first = choices.first { ($0["index"]?.number ?? 0) == 0 }
            try demandEqual(chunk.first?.delta?.content, first?["delta"]?["content"]?.text, "the text")
            try demandEqual(chunk.first?.finishReason, first?["finish_reason"]?.text, "the reason of the end")
        })

    /// Whether it is beyond doubt one of the events that are read.
    private static func isChunk(_ tree: JSONTree?) -> Bool {
        guard let tree, !tree.isContested, tree.members != nil, tree.depth < 100 else { return false }
        func isAbsent(_ value: JSONTree?) -> Bool { value == nil || value == .null }
        guard isAbsent(tree["usage"]) else { return false }
        guard case .array(let choices)? = tree["choices"] else { return isAbsent(tree["choices"]) }
        return choices.allSatisfy { choice in
            choice.members != nil && isAbsent(choice["index"])
                && (isAbsent(choice["delta"]) || choice["delta"]?.members != nil)
                && (isAbsent(choice["delta"]?["content"]) || choice["delta"]?["content"]?.text != nil)
                && (isAbsent(choice["finish_reason"]) || choice["finish_reason"]?.text != nil)
        }
    }
}

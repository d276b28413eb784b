import Testing

/// Something that reads foreign bytes, and what must hold of it for every input.
struct FuzzTarget: Sendable, CustomTestStringConvertible {
    let name: String
    /// Bytes of the longest input.
    var maximumBytes = 4096
    /// What stands in inputs and is worth putting elsewhere.
    var words: [String] = []
    /// Makes an input, most often a well-formed one.
    let sample: @Sendable (inout Draw) -> [UInt8]
    /// Reads an input with the product's code and nothing else: what must take time in proportion to the length of the input.
    var read: (@Sendable ([UInt8]) -> Void)?
    /// Throws a `Violation` where a property does not hold of the input.
    let check: @Sendable ([UInt8]) throws -> Void

    var testDescription: String { name }

    /// Everything that reads foreign bytes.
    static let all: [FuzzTarget] = [
        clientEvents, serverEvents, jsonTexts, jsonValues, webSocketFrames, utf8, mask, bearerTokens, claims,
        words,
        serverSentEvents, openAIChunks,
        redisReplies, tokenEntries, jobs, stopSignals, identifiers, timestamps, redisURLs, settingsFiles,
    ]
}

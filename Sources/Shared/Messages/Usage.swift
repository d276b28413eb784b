/// The tokens of a request, as the engine counted them, or as Penstock did where the engine says nothing.
package struct Usage: Hashable, Sendable, Codable {
    package var inputTokens: Int
    package var outputTokens: Int
    package var totalTokens: Int

    package init(inputTokens: Int = 0, outputTokens: Int = 0) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.totalTokens = inputTokens + outputTokens
    }

    enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case totalTokens = "total_tokens"
    }
}

/// The tokens of a request, as the engine counted them, or as Penstock did where the engine says nothing.
///
/// Engines and other nodes say these numbers, so none is taken as it comes: each is brought into `range`, also when decoded.
package struct Usage: Hashable, Sendable, Codable {
    package var inputTokens: Int
    package var outputTokens: Int
    package var totalTokens: Int

    package init(inputTokens: Int = 0, outputTokens: Int = 0) {
        self.inputTokens = Self.bounded(inputTokens)
        self.outputTokens = Self.bounded(outputTokens)
        self.totalTokens = self.inputTokens + self.outputTokens
    }

    /// What a number of tokens may be.
    package static let range = 0...Int(Int32.max)

    /// The nearest number of tokens.
    package static func bounded(_ count: Int) -> Int { min(max(count, range.lowerBound), range.upperBound) }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            inputTokens: try values.decode(Int.self, forKey: .inputTokens),
            outputTokens: try values.decode(Int.self, forKey: .outputTokens))
    }

    enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case totalTokens = "total_tokens"
    }
}

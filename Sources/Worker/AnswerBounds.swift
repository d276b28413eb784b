private import Shared

/// How much an answer may say. Pure.
package struct AnswerBounds: Hashable, Sendable {
    /// Bytes of UTF-8.
    package var bytes: Int
    /// Tokens; nil for any number.
    package var tokens: Int?

    package init(bytes: Int = 16 << 20, tokens: Int? = nil) {
        self.bytes = bytes
        self.tokens = tokens
    }

    /// What of `token` has room behind an answer of so many bytes and tokens: all of it, the whole characters of it that fit, or nil.
    /// Where that is not all of it, the answer is as long as it may be.
    package func fitting(_ token: GeneratedToken, bytes saidBytes: Int, tokens saidTokens: Int) -> GeneratedToken? {
        if let tokens, saidTokens + token.tokens > tokens { return nil }
        let room = max(bytes - saidBytes, 0)
        guard token.text.utf8.count > room else { return token }
        let text = token.text.truncated(toBytes: room)
        return text.isEmpty ? nil : GeneratedToken(text, tokens: token.tokens)
    }
}

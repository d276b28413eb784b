import Shared

/// Decides what of a child's answer a parent passes on, where broken attempts of the parent have passed some on already. Pure.
///
///     matching ──the child has said all that is known──▶ passing
///        │ it says something else: the parent begins anew      ▲
///        └─────────────────────────────────────────────────────┘
package struct ForwardedText: Sendable {
    /// What the parent has said.
    private let known: [UInt8]
    /// Bytes of it that the child has said since it last began anew.
    private var matched = 0
    private var matchedTokens = 0
    private var isMatching: Bool

    /// `textSoFar` is what the parent has said.
    package init(textSoFar: String) {
        known = Array(textSoFar.utf8)
        isMatching = !known.isEmpty
    }

    /// The child said something. Returns what the parent says.
    package mutating func said(_ text: String, tokens: Int) -> [GenerationStep] {
        guard isMatching else { return [.token(GeneratedToken(text, tokens: tokens))] }
        let bytes = Array(text.utf8)
        let due = known[matched...].prefix(bytes.count)
        guard bytes.starts(with: due) else {
            let steps = beginAnew(adding: bytes, tokens)
            isMatching = false
            return steps
        }
        matched += due.count
        matchedTokens += tokens
        isMatching = matched < known.count
        guard bytes.count > due.count else { return [] }
        return [
            .token(GeneratedToken(String(decoding: bytes.dropFirst(due.count), as: UTF8.self), tokens: tokens))
        ]
    }

    /// The child begins anew.
    package mutating func restarted() -> [GenerationStep] {
        guard isMatching else { return [.restart] }
        // What the parent has said may be from behind this place: what follows tells.
        matched = 0
        matchedTokens = 0
        return []
    }

    /// The child says nothing more.
    package mutating func ended() -> [GenerationStep] {
        guard isMatching else { return [] }
        isMatching = false
        return beginAnew(adding: [], 0)
    }

    private func beginAnew(adding bytes: [UInt8], _ tokens: Int) -> [GenerationStep] {
        let text = String(decoding: known.prefix(matched) + bytes, as: UTF8.self)
        return text.isEmpty
            ? [.restart] : [.restart, .token(GeneratedToken(text, tokens: matchedTokens + tokens))]
    }
}

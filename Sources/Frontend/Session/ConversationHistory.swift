import Shared

/// What was said before, as a job carries it.
struct ConversationHistory: Hashable, Sendable {
    /// Messages and bytes of text that a job carries at most.
    struct Limits: Hashable, Sendable {
        var messages = 64
        var bytes = 256 * 1024
    }

    let turns: [GenerationJob.Turn]

    /// The latest of `messages`, which are the oldest first, as many as the bounds allow. An answer without text is left out.
    init(_ messages: [MessageRecord], limits: Limits) {
        var bytes = 0
        var turns: [GenerationJob.Turn] = []
        for message in messages.reversed() where !message.content.isEmpty {
            bytes += message.content.utf8.count
            guard bytes <= limits.bytes, turns.count < limits.messages else { break }
            turns.append(.init(role: message.role, content: message.content))
        }
        self.turns = turns.reversed()
    }
}

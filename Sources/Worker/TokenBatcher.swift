package import Shared

/// Decides which tokens leave as which entry of the log. Pure.
///
/// Natural batching: the first chunk leaves at once; while it is unacknowledged further tokens gather, and leave as one entry
/// at the acknowledgement. Off: every token is an entry of its own; what gathers, up to `window` of them, leaves together.
///
/// Entries are numbered `<attempt>-1`, `<attempt>-2`, … and what leaves together, a **batch**, is written whole or not at all.
/// **One batch at a time is under way**: the next leaves when Redis has answered that it holds this one. Redis takes no entry below
/// its last, so one that it refused for a moment (no memory), or that went down with a connection, could never be written again if a
/// later one had been faster: the log would have a hole. A batch whose fate is open is repeated with the same ids and texts.
///
/// A restart is a batch of its own; what waits before it is void and dropped.
///
///     idle ──said──▶ writing(batch) ──written──▶ idle, or writing(the next)
///                      │      ▲ repeatDue()
///                      └ lost ┴▶ repeating(batch)            any ──sealed/fenced──▶ closed(why)
package struct TokenBatcher: Sendable {
    /// How tokens become entries.
    package enum Batching: String, Hashable, Sendable, CaseIterable {
        case natural, off
    }

    /// What became of a batch.
    package enum Answer: Hashable, Sendable {
        case written, sealed, fenced
        /// Whether it was written is open.
        case lost
    }

    /// What to do now.
    package enum Action: Hashable, Sendable {
        case none
        /// Write these, together.
        case write([TokenChunk])
        /// Wait a while, then ask for `repeatDue()`.
        case repeatLater
        /// Nothing will be written any more.
        case close(Closing)
    }

    /// Why nothing more is written.
    package enum Closing: Hashable, Sendable {
        /// A stop sealed the log of the attempt.
        case sealed
        /// The attempt is not the current one.
        case fenced
    }

    private enum State: Hashable {
        case idle
        case writing([TokenChunk])
        /// The batch may have been lost, and is to be written again.
        case repeating([TokenChunk])
        case closed(Closing)
    }

    /// What one entry will say.
    private struct Words {
        var text: String
        var tokens: Int

        mutating func add(_ words: String, tokens count: Int) {
            if text.isEmpty { text = words } else { text += words }
            tokens += count
        }
    }

    /// Every 64th entry has the total.
    private static let totalMask: UInt64 = 63

    private let attempt: UInt64
    private let batching: Batching
    private let maximumBytes: Int
    private let window: Int
    private var state = State.idle
    private var lastIndex: UInt64 = 0
    /// What gathers for the next batch: one entry's words; without batching, those of at most `window` entries.
    private var waiting: [Words] = []
    private var waitingBytes = 0
    /// Whether the answer begins anew before what waits.
    private var restarts = false

    /// What is known to be in the log.
    package private(set) var content: LogContent

    /// `maximumBytes` of text may wait; without batching, that of `window` tokens. `textSoFar` is what earlier attempts wrote, in
    /// `tokensSoFar` tokens.
    package init(
        attempt: UInt64, batching: Batching, maximumBytes: Int, window: Int, textSoFar: String = "",
        tokensSoFar: Int = 0
    ) {
        self.attempt = attempt
        self.content = LogContent(
            last: EntryID(attempt: attempt, index: 0), text: textSoFar, tokens: tokensSoFar)
        self.batching = batching
        self.maximumBytes = maximumBytes
        self.window = max(window, 1)
    }

    /// Whether another token may be said now.
    package var hasRoom: Bool {
        switch state {
        case .closed: true
        case .idle, .writing, .repeating:
            switch batching {
            case .natural: waitingBytes < maximumBytes
            case .off: waitingBytes < maximumBytes && waiting.count < window
            }
        }
    }

    /// Whether everything said is in the log, or will never be.
    package var isSettled: Bool {
        switch state {
        case .idle, .closed: true
        case .writing, .repeating: false
        }
    }

    /// The generator said something.
    package mutating func said(_ words: String, tokens count: Int) -> Action {
        if case .closed = state { return .none }
        waitingBytes += words.utf8.count
        // An entry says something: what has no text goes with what has.
        if waiting.isEmpty || (batching == .off && !waiting[waiting.count - 1].text.isEmpty) {
            waiting.append(Words(text: words, tokens: count))
        } else {
            waiting[waiting.count - 1].add(words, tokens: count)
        }
        if case .idle = state { return writeNext() }
        return .none
    }

    /// The generator begins anew: what was said is void.
    package mutating func restarted() -> Action {
        if case .closed = state { return .none }
        dropWaiting()
        restarts = true
        if case .idle = state { return writeNext() }
        return .none
    }

    /// The batch whose last entry has this id was answered.
    package mutating func answered(_ id: EntryID, _ answer: Answer) -> Action {
        guard case .writing(let batch) = state, batch.last?.id == id else { return .none }
        switch answer {
        case .written:
            content.last = id
            for chunk in batch {
                if chunk.isRestart { (content.text, content.tokens) = ("", 0) }
                content.text += chunk.text
                content.tokens += chunk.tokens
            }
            state = .idle
            return writeNext()
        case .lost:
            state = .repeating(batch)
            return .repeatLater
        case .sealed: return close(.sealed)
        case .fenced: return close(.fenced)
        }
    }

    /// The time to repeat has come: the batch to write again, if there still is one.
    package mutating func repeatDue() -> [TokenChunk]? {
        guard case .repeating(let batch) = state else { return nil }
        state = .writing(batch)
        return batch
    }

    /// Nothing more is to be written, whatever is in flight: what waits is dropped.
    package mutating func closed(_ closing: Closing) { _ = close(closing) }

    private mutating func writeNext() -> Action {
        var batch: [TokenChunk]
        if restarts {
            restarts = false
            batch = [.restart(nextID())]
        } else {
            // The last may have no text yet.
            let ready = waiting.last?.text.isEmpty == false ? waiting.count : waiting.count - 1
            guard ready > 0 else { return .none }
            batch = []
            batch.reserveCapacity(ready)
            // All that was written before was answered.
            var total = content.tokens
            for words in waiting[..<ready] {
                let id = nextID()
                total += words.tokens
                batch.append(
                    TokenChunk(
                        id: id, text: words.text, tokens: words.tokens,
                        total: id.index & Self.totalMask == 0 ? total : nil))
                waitingBytes -= words.text.utf8.count
            }
            waiting.removeFirst(ready)
        }
        state = .writing(batch)
        return .write(batch)
    }

    private mutating func nextID() -> EntryID {
        lastIndex += 1
        return EntryID(attempt: attempt, index: lastIndex)
    }

    private mutating func close(_ closing: Closing) -> Action {
        if case .closed = state { return .none }
        state = .closed(closing)
        dropWaiting()
        restarts = false
        return .close(closing)
    }

    private mutating func dropWaiting() {
        waiting.removeAll()
        waitingBytes = 0
    }
}

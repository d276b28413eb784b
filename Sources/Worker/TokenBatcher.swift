package import Shared

/// Decides which tokens leave as which entry of the log. Pure.
///
/// Natural batching: the first chunk leaves at once; while it is unacknowledged further tokens gather, and leave as one entry
/// at the acknowledgement. Off: every token is an entry of its own; while one is unacknowledged up to `window` others wait.
///
/// Entries are numbered `<attempt>-1`, `<attempt>-2`, … and **one at a time is under way**: the next leaves when Redis has
/// answered that it holds this one. Redis takes no entry below its last, so an entry that it refused for a moment (no memory), or
/// that went down with a connection, could never be written again if a later one had been faster: the log would have a hole. One
/// whose fate is open is repeated with the same id and the same text.
///
/// A restart is an entry of its own; what waits before it is void and dropped.
///
///     idle ──said──▶ writing(chunk) ──written──▶ idle, or writing(the next)
///                      │      ▲ repeatDue()
///                      └ lost ┴▶ repeating(chunk)            any ──sealed/fenced──▶ closed(why)
package struct TokenBatcher: Sendable {
    /// How tokens become entries.
    package enum Batching: String, Hashable, Sendable, CaseIterable {
        case natural, off
    }

    /// What became of an entry.
    package enum Answer: Hashable, Sendable {
        case written, sealed, fenced
        /// Whether it was written is open.
        case lost
    }

    /// What to do now.
    package enum Action: Hashable, Sendable {
        case none
        /// Write this.
        case write(TokenChunk)
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
        case writing(TokenChunk)
        /// The entry may have been lost, and is to be written again.
        case repeating(TokenChunk)
        case closed(Closing)
    }

    /// What one entry will say.
    private struct Words {
        var text = ""
        var tokens = 0
    }

    private let attempt: UInt64
    private let batching: Batching
    private let maximumBytes: Int
    private let window: Int
    private var state = State.idle
    private var lastIndex: UInt64 = 0
    /// What gathers for the next entry.
    private var gathering = Words()
    /// Without batching: the next entries, at most `window` but for one.
    private var waiting = FIFO<Words>()
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
        if gathering.text.isEmpty { gathering.text = words } else { gathering.text += words }
        gathering.tokens += count
        waitingBytes += words.utf8.count
        if case .idle = state { return writeNext() }
        if case .off = batching, !gathering.text.isEmpty {
            waiting.append(gathering)
            gathering = Words()
        }
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

    /// The entry with this id was answered.
    package mutating func answered(_ id: EntryID, _ answer: Answer) -> Action {
        guard case .writing(let chunk) = state, chunk.id == id else { return .none }
        switch answer {
        case .written:
            content.last = chunk.id
            if chunk.isRestart { (content.text, content.tokens) = ("", 0) }
            content.text += chunk.text
            content.tokens += chunk.tokens
            state = .idle
            return writeNext()
        case .lost:
            state = .repeating(chunk)
            return .repeatLater
        case .sealed: return close(.sealed)
        case .fenced: return close(.fenced)
        }
    }

    /// The time to repeat has come: the entry to write again, if there still is one.
    package mutating func repeatDue() -> TokenChunk? {
        guard case .repeating(let chunk) = state else { return nil }
        state = .writing(chunk)
        return chunk
    }

    /// Nothing more is to be written, whatever is in flight: what waits is dropped.
    package mutating func closed(_ closing: Closing) { _ = close(closing) }

    private mutating func writeNext() -> Action {
        if restarts {
            restarts = false
            lastIndex += 1
            let restart = TokenChunk.restart(EntryID(attempt: attempt, index: lastIndex))
            state = .writing(restart)
            return .write(restart)
        }
        let next: Words
        if let words = waiting.popFirst() {
            next = words
        } else {
            // An entry says something.
            guard !gathering.text.isEmpty else { return .none }
            next = gathering
            gathering = Words()
        }
        waitingBytes -= next.text.utf8.count
        lastIndex += 1
        let chunk = TokenChunk(id: EntryID(attempt: attempt, index: lastIndex), text: next.text, tokens: next.tokens)
        state = .writing(chunk)
        return .write(chunk)
    }

    private mutating func close(_ closing: Closing) -> Action {
        if case .closed = state { return .none }
        state = .closed(closing)
        dropWaiting()
        restarts = false
        return .close(closing)
    }

    private mutating func dropWaiting() {
        gathering = Words()
        _ = waiting.removeAll()
        waitingBytes = 0
    }
}

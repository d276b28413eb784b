package import Shared

/// Decides which tokens leave as which entry of the log. Pure.
///
/// Natural batching: the first chunk leaves at once; while it is unacknowledged further tokens gather, and leave as one entry
/// at the acknowledgement. Off: every chunk is an entry, and up to `window` of them may be unacknowledged.
///
/// Entries are numbered `<attempt>-1`, `<attempt>-2`, … and kept until they are acknowledged. When one may have been lost,
/// nothing new leaves until every entry in flight has been answered; then those that were not written are repeated, in order.
/// Redis answers in order and a broken connection loses a suffix, so what is known to be written is always a prefix.
///
///     open ──sealed/fenced──▶ closed(why)
///       │ lost, and the last in flight answered ──▶ repeating due ──repeatDue()──▶ open
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
        case open
        /// Something was lost; `answersDue` entries are still in flight.
        case settling
        case repeating
        case closed(Closing)
    }

    private let attempt: UInt64
    private let batching: Batching
    private let maximumBytes: Int
    private let window: Int
    private var state = State.open
    private var lastIndex: UInt64 = 0
    private var text = ""
    private var tokens = 0
    /// In the order of their ids; at most `window`.
    private var unacknowledged: [TokenChunk] = []
    private var answersDue = 0

    /// What is known to be in the log.
    package private(set) var content: LogContent

    /// `maximumBytes` of text may gather; `window` entries may be in flight when batching is off. `textSoFar` is what earlier
    /// attempts wrote, in `tokensSoFar` tokens.
    package init(
        attempt: UInt64, batching: Batching, maximumBytes: Int, window: Int, textSoFar: String = "",
        tokensSoFar: Int = 0
    ) {
        self.attempt = attempt
        self.content = LogContent(
            last: EntryID(attempt: attempt, index: 0), text: textSoFar, tokens: tokensSoFar)
        self.batching = batching
        self.maximumBytes = maximumBytes
        self.window = batching == .natural ? 1 : max(window, 1)
    }

    /// Whether another token may be said now.
    package var hasRoom: Bool {
        switch state {
        case .closed: true
        case .open, .settling, .repeating:
            switch batching {
            case .natural: text.utf8.count < maximumBytes
            case .off: text.isEmpty && state == .open && unacknowledged.count < window
            }
        }
    }

    /// Whether everything said is in the log, or will never be.
    package var isSettled: Bool {
        switch state {
        case .closed: true
        case .open, .settling, .repeating: text.isEmpty && unacknowledged.isEmpty
        }
    }

    /// The generator said something.
    package mutating func said(_ words: String, tokens count: Int) -> Action {
        if case .closed = state { return .none }
        if text.isEmpty { text = words } else { text += words }
        tokens += count
        return nextEntry()
    }

    /// The entry with this id was answered.
    package mutating func answered(_ id: EntryID, _ answer: Answer) -> Action {
        if case .closed = state { return .none }
        answersDue -= 1
        switch answer {
        case .written:
            if let place = unacknowledged.firstIndex(where: { $0.id == id }) {
                let chunk = unacknowledged.remove(at: place)
                content.last = chunk.id
                content.text += chunk.text
                content.tokens += chunk.tokens
            }
        case .lost: state = .settling
        case .sealed: return close(.sealed)
        case .fenced: return close(.fenced)
        }
        if state == .settling, answersDue == 0 {
            state = .repeating
            return .repeatLater
        }
        return nextEntry()
    }

    /// The time to repeat has come: the entries to write again, in this order.
    package mutating func repeatDue() -> [TokenChunk] {
        guard state == .repeating else { return [] }
        state = .open
        answersDue = unacknowledged.count
        return unacknowledged
    }

    /// Nothing more is to be written, whatever is in flight: what gathered is dropped.
    package mutating func closed(_ closing: Closing) { _ = close(closing) }

    private mutating func nextEntry() -> Action {
        guard state == .open, !text.isEmpty, unacknowledged.count < window else { return .none }
        lastIndex += 1
        let chunk = TokenChunk(id: EntryID(attempt: attempt, index: lastIndex), text: text, tokens: tokens)
        text = ""
        tokens = 0
        unacknowledged.append(chunk)
        answersDue += 1
        return .write(chunk)
    }

    private mutating func close(_ closing: Closing) -> Action {
        if case .closed = state { return .none }
        state = .closed(closing)
        text = ""
        tokens = 0
        unacknowledged = []
        return .close(closing)
    }
}

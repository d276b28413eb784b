/// Decides what a reader of one token log hands on, from a live feed that may lose and repeat and a log that does neither.
///
/// ```
/// subscribing ──confirmed──▶ reading ──last page, nothing newer seen──▶ following
///      │                       ▲  ▲                                       │
///      └─────────flush─────────┘  └── hole, loss of the feed, flush ──────┘
///                            resume
///                              │
///                            paused ◀── pause, from anywhere        the ending handed on ──▶ ended
/// ```
///
/// Entries are handed on in the order of their ids, each once, and none before the feed was confirmed or somebody needs them (a flush): one
/// that is paused before that goes back to subscribing. Nothing is buffered: what cannot be handed on now is read from the log later.
package struct TokenCursorStateMachine: ~Copyable {
    private enum State {
        case subscribing
        /// A read of the log is under way. `newest` is the greatest id known of; `isStale` says that something was heard of
        /// since the read was sent, which it may therefore miss.
        case reading(newest: EntryID, isStale: Bool)
        case following
        /// `isConfirmed`: whether the feed ever was, or need not be.
        case paused(isConfirmed: Bool)
        case ended
    }

    package enum Action: Equatable {
        case none
        /// Hand this entry on.
        case deliver
        /// Read the log behind the cursor.
        case read(after: EntryID)
    }

    private var state: State = .subscribing

    /// The id of the last entry handed on.
    package private(set) var cursor: EntryID

    package init(cursor: EntryID) { self.cursor = cursor }

    /// Whether the ending was handed on (or the reader was cancelled).
    package var isEnded: Bool {
        switch state {
        case .ended: true
        case .subscribing, .reading, .following, .paused: false
        }
    }

    package var isPaused: Bool {
        switch state {
        case .paused: true
        case .subscribing, .reading, .following, .ended: false
        }
    }

    /// Whether a read of the log is under way.
    package var isReading: Bool {
        switch state {
        case .reading: true
        case .subscribing, .following, .paused, .ended: false
        }
    }

    /// The feed is confirmed, for the first time or again after a loss: what came before must be read.
    package mutating func feedEstablished() -> Action {
        switch state {
        case .subscribing, .following:
            state = .reading(newest: cursor, isStale: false)
            return .read(after: cursor)
        case .reading:
            // The read under way may have been answered before the feed was back: read once more.
            state = .reading(newest: Self.unseen, isStale: true)
            return .none
        case .paused:
            state = .paused(isConfirmed: true)
            return .none
        case .ended:
            return .none
        }
    }

    /// The feed brought an entry.
    package mutating func feedReceived(_ entry: TokenEntry) -> Action {
        switch state {
        case .following:
            guard entry.id > cursor else { return .none }
            guard entry.follows(cursor) else {
                state = .reading(newest: entry.id, isStale: false)
                return .read(after: cursor)
            }
            advance(to: entry)
            return .deliver
        case .reading(let newest, let isStale):
            state = .reading(newest: max(newest, entry.id), isStale: isStale || entry.id > cursor)
            return .none
        case .subscribing, .paused, .ended:
            return .none
        }
    }

    /// Whether this entry of a page of the log is to be handed on. Call it for each entry of the page, in order.
    package mutating func logReceived(_ entry: TokenEntry) -> Action {
        switch state {
        case .reading:
            guard entry.id > cursor else { return .none }
            advance(to: entry)
            return .deliver
        case .subscribing, .following, .paused, .ended:
            return .none
        }
    }

    /// The page is through. `progressed` says whether it had an entry behind the cursor it was read from, `full` whether the log
    /// may hold more.
    package mutating func pageEnded(progressed: Bool, full: Bool) -> Action {
        switch state {
        case .reading(let newest, let isStale):
            // A feed entry that a read sent after it did not find (its write was refused) must not keep us reading for ever.
            guard full || (newest > cursor && (isStale || progressed)) else {
                state = .following
                return .none
            }
            state = .reading(newest: newest == Self.unseen ? cursor : newest, isStale: false)
            return .read(after: cursor)
        case .subscribing, .following, .paused, .ended:
            return .none
        }
    }

    /// Someone needs everything up to `target` handed on now.
    package mutating func flushRequested(to target: EntryID) -> Action {
        switch state {
        case .subscribing where cursor < target, .following where cursor < target:
            state = .reading(newest: target, isStale: false)
            return .read(after: cursor)
        case .reading(let newest, let isStale):
            state = .reading(newest: max(newest, target), isStale: isStale || target > cursor)
            return .none
        case .following, .subscribing, .paused, .ended:
            return .none
        }
    }

    /// The reader cannot take more.
    package mutating func pauseRequested() {
        switch state {
        case .subscribing: state = .paused(isConfirmed: false)
        case .reading, .following: state = .paused(isConfirmed: true)
        case .paused, .ended: break
        }
    }

    /// The reader can take more.
    package mutating func resumeRequested() -> Action {
        switch state {
        case .paused(isConfirmed: true):
            state = .reading(newest: cursor, isStale: false)
            return .read(after: cursor)
        case .paused(isConfirmed: false):
            state = .subscribing
            return .none
        case .subscribing, .reading, .following, .ended:
            return .none
        }
    }

    /// The reader is done with this log.
    package mutating func cancelled() { state = .ended }

    private mutating func advance(to entry: TokenEntry) {
        cursor = entry.id
        if case .ended = entry.body { state = .ended }
    }

    /// Greater than any id: stands for entries that may have passed while the feed was deaf.
    private static let unseen = EntryID(attempt: .max, index: .max)
}

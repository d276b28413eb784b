/// One entry of a token log, as it stands in `tokens:{<id>}` and as it passes on the live feed `tokens:<id>`.
package struct TokenEntry: Hashable, Sendable {
    package var id: EntryID
    package var body: Body

    /// What an entry says. `after` is the id of the entry before it in the log, which tells a reader of the live feed
    /// whether it missed something. What is rare is kept elsewhere, so that an entry is small: chunks are handed from one to the next many times.
    package enum Body: Hashable, Sendable {
        /// A worker claimed the request: the first entry of its attempt.
        indirect case attempt(worker: String, after: EntryID)
        /// Text, made of `tokens` tokens.
        case chunk(text: String, tokens: Int)
        /// The answer begins anew: all text before this entry is void. Numbered like a chunk.
        case restarted
        /// A stop sealed the attempt: no chunk of it follows.
        indirect case sealed(StopIntent, after: EntryID)
        /// The ending: nothing follows.
        indirect case ended(Ending, after: EntryID)
    }

    package init(id: EntryID, body: Body) {
        self.id = id
        self.body = body
    }

    /// Whether this entry directly follows `cursor` in the log.
    package func follows(_ cursor: EntryID) -> Bool {
        switch body {
        // A cursor may be what a client says, also the last number there is.
        case .chunk, .restarted: id.attempt == cursor.attempt && id.index > 0 && id.index - 1 == cursor.index
        case .attempt(_, let after), .sealed(_, let after), .ended(_, let after): after == cursor
        }
    }
}

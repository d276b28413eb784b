import NIOCore

extension RedisBroker {
    /// What the log of a request holds behind its last restart. Read in pages, so that Redis is never kept long.
    func said(in request: RequestID) -> EventLoopFuture<LogText> {
        let text = LogText()
        return read(request, after: .start, into: text).map { text }
    }

    private func read(_ request: RequestID, after cursor: EntryID, into text: LogText) -> EventLoopFuture<Void> {
        entries(of: request, after: cursor, limit: Self.pageSize).flatMap { page in
            for entry in page { text.add(entry) }
            guard page.count == Self.pageSize, let last = page.last else {
                return self.eventLoop.makeSucceededVoidFuture()
            }
            return self.read(request, after: last.id, into: text)
        }
    }

    /// Saves the text of an answer that has ended, where that was too long for the script that ended it, and lets its log go in a
    /// while. Until then the message says that its text is in the log, where readers find it. Safe to repeat: the log of an
    /// ended answer does not change.
    func save(_ request: RequestID, _ reply: RedisReply?) -> EventLoopFuture<Void> {
        guard reply?.string == "1" else { return eventLoop.makeSucceededVoidFuture() }
        return said(in: request).flatMap { said in
            // Where the ending is missing the log has gone: it was saved by another.
            guard said.isWhole else { return self.eventLoop.makeSucceededVoidFuture() }
            let message = RedisArgument.string(self.keys.message(request.message))
            return EventLoopFuture.andAllSucceed(
                [
                    self.send("HSET", message, "content", .string(said.text), "log", ""),
                    self.send("EXPIRE", message, .integer(Self.messageSeconds)),
                    self.send("EXPIRE", .string(self.keys.log(request)), .integer(Self.endedLogSeconds)),
                ].map { $0.map { _ in } }, on: self.eventLoop)
        }
    }

    /// The most text that is given to a script: it would keep Redis from others for long.
    static let scriptBytes = 512 << 10

    /// Entries of a log to one read.
    private static let pageSize = 1000
    /// As in `Scripts/base.lua`.
    private static let endedLogSeconds = 900
}

/// What a log says, as it is read.
///
/// `@unchecked Sendable`: it is filled on the event loop of its broker, and not changed when it is handed on.
final class LogText: @unchecked Sendable {
    private(set) var text = ""
    private(set) var tokens = 0
    /// Whether the ending was read: then nothing is missing.
    private(set) var isWhole = false

    func add(_ entry: TokenEntry) {
        switch entry.body {
        case .chunk(let chunk, let count):
            text += chunk
            tokens = Usage.bounded(tokens + count)
        case .restarted: (text, tokens) = ("", 0)
        case .ended: isWhole = true
        case .attempt, .sealed: break
        }
    }
}

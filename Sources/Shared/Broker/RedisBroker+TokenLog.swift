package import NIOCore

extension RedisBroker {
    package func append(_ chunks: [TokenChunk], to request: RequestID) -> EventLoopFuture<AppendOutcome> {
        let promise = eventLoop.makePromise(of: AppendOutcome.self)
        if eventLoop.inEventLoop {
            write(chunks, request, promise)
        } else {
            eventLoop.execute { self.write(chunks, request, promise) }
        }
        return promise.futureResult
    }

    /// The hot path: a pair XADD and PUBLISH for each chunk, encoded straight into the outbound buffer.
    ///
    /// They are a transaction, so that where Redis cannot write (out of memory, a full disk, a replica) it does not tell
    /// either: readers must not be given text that no log has. Only chunks whose ids the log refuses are still told; their readers
    /// drop them, because their ids are not greater than that of the seal or marker that made the log refuse them, which passed on the
    /// feed before.
    private func write(_ chunks: [TokenChunk], _ request: RequestID, _ promise: EventLoopPromise<AppendOutcome>) {
        guard let last = chunks.last?.id else { return promise.succeed(.written) }
        let keys = keys
        var refusal: RedisError?
        let execution = 2 * chunks.count + 1
        client.submit(commands: execution + 1) { buffer in
            let names = request.text.utf8.count * 2 + keys.prefix.utf8.count * 2
            let capacity = chunks.reduce(100) { $0 + $1.text.utf8.count * 2 + names + 500 }
            buffer.writeRedisCommands(capacity: capacity) { writer in
                writer.command(arguments: 1)
                writer.argument("MULTI" as StaticString)
                for chunk in chunks { writer.append(chunk, to: request, keys) }
                writer.command(arguments: 1)
                writer.argument("EXEC" as StaticString)
            }
        } completion: { index, result in
            switch (index, result) {
            case (execution, .success(var reader)):
                // One tells for all: their ids follow one another.
                _ = reader.array()
                switch reader.next() {
                case .string: promise.succeed(.written)
                case .error: promise.completeWith(self.refusal(upTo: last, request))
                case .integer, .array, .null, nil: promise.succeed(.fenced)
                }
            case (execution, .failure(let error)): promise.fail(BrokerError(redis: refusal ?? error))
            // Why a command was not even queued; EXEC says only that one was not.
            case (_, .failure(let error)): refusal = refusal ?? error
            case (_, .success): break
            }
        }
    }

    /// Why the log refused the ids of chunks: it has them already, a stop sealed the attempt, or the attempt is over.
    private func refusal(upTo last: EntryID, _ request: RequestID) -> EventLoopFuture<AppendOutcome> {
        let id = RedisArgument.string(last.description)
        return send("XRANGE", .string(keys.log(request)), id, id).and(self.request(request)).map { entries, record in
            if entries.array?.isEmpty == false { return .written }
            guard let record, record.state == .running, record.attempt == last.attempt, record.stop != nil else {
                return .fenced
            }
            return .sealed
        }
    }

    package func entries(
        of request: RequestID, after cursor: EntryID, limit: Int
    ) -> EventLoopFuture<[TokenEntry]> {
        send("XRANGE", .string(keys.log(request)), .string("(\(cursor)"), "+", "COUNT", .integer(limit)).map { reply in
            (reply.array ?? []).compactMap { entry in
                guard let id = entry[0]?.string else { return nil }
                return TokenEntryCoding.entry(id: id, fields: (entry[1]?.array ?? []).map { $0.string ?? "" })
            }
        }
    }

    package func followTokens(
        of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(keys.feed(request)) { event in
            switch event {
            case .message(let payload):
                if let entry = TokenEntryCoding.entry(payload: payload) { handler(.entry(entry)) }
            case .interrupted: handler(.interrupted)
            case .resumed: handler(.resumed)
            case .refused(let error): handler(.refused(BrokerError(redis: error)))
            }
        }
    }

    package func audience(of request: RequestID) -> EventLoopFuture<Audience> {
        let viewers = send("PUBSUB", "NUMSUB", .string(keys.feed(request)))
        let left = send("HGET", .string(keys.request(request)), "left_at")
        // Behind the field that is compared with it.
        let now = send("TIME")
        return viewers.and(left).and(now).map { answers, now in
            let (viewers, left) = answers
            var sinceLeaving: TimeAmount?
            if let left = left.string.flatMap({ Int64($0) }), let seconds = now[0]?.string.flatMap({ Int64($0) }),
                let microseconds = now[1]?.string.flatMap({ Int64($0) })
            {
                sinceLeaving = .microseconds(seconds * 1_000_000 + microseconds - left)
            }
            return Audience(viewers: viewers[1]?.integer ?? 0, sinceLeaving: sinceLeaving)
        }
    }

    package func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void> {
        run(RedisScripts.leave, request, []).map { _ in }
    }
}

extension RedisCommandWriter {
    /// The pair of commands that puts a chunk into the log and tells it to the feed.
    fileprivate mutating func append(_ chunk: TokenChunk, to request: RequestID, _ keys: RedisKeys) {
        let attempt = Int(truncatingIfNeeded: chunk.id.attempt)
        let index = Int(truncatingIfNeeded: chunk.id.index)
        let isBare = chunk.tokens == 1 || chunk.isRestart
        command(arguments: 6 + (isBare ? 0 : 2) + (chunk.total == nil ? 0 : 2))
        argument("XADD" as StaticString)
        begin(keys.prefix.utf8.count + request.text.utf8.count + 9)
        raw(keys.prefix)
        raw("tokens:{" as StaticString)
        raw(request.text)
        raw("}" as StaticString)
        end()
        argument("NOMKSTREAM" as StaticString)
        argument(id: attempt, index)
        argument(chunk.isRestart ? "r" as StaticString : "c")
        argument(chunk.text)
        if !isBare {
            argument("n" as StaticString)
            argument(chunk.tokens)
        }
        if let total = chunk.total {
            argument("t" as StaticString)
            argument(total)
        }
        command(arguments: 3)
        argument("PUBLISH" as StaticString)
        begin(keys.prefix.utf8.count + request.text.utf8.count + 7)
        raw(keys.prefix)
        raw("tokens:" as StaticString)
        raw(request.text)
        end()
        begin(
            Self.digits(attempt) + Self.digits(index) + Self.digits(chunk.tokens) + 5 + chunk.text.utf8.count)
        raw(attempt)
        raw("-" as StaticString)
        raw(index)
        raw(chunk.isRestart ? " r " as StaticString : " c ")
        raw(chunk.tokens)
        raw(" " as StaticString)
        raw(chunk.text)
        end()
    }
}

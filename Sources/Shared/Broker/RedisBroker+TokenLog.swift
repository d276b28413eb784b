package import NIOCore

extension RedisBroker {
    package func append(
        _ chunks: [TokenChunk], to request: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) {
        if eventLoop.inEventLoop {
            write(chunks, request, completion)
        } else {
            eventLoop.execute { self.write(chunks, request, completion) }
        }
    }

    /// The hot path: an XADD for each chunk and one PUBLISH for all, encoded straight into the outbound buffer.
    ///
    /// They are a transaction, so that where Redis cannot write (out of memory, a full disk, a replica) it does not tell
    /// either: readers must not be given text that no log has. Only chunks whose ids the log refuses are still told; their readers
    /// drop them, because their ids are not greater than that of the seal or marker that made the log refuse them, which passed on the
    /// feed before.
    private func write(
        _ chunks: [TokenChunk], _ request: RequestID,
        _ completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) {
        guard let last = chunks.last?.id else { return completion(.success(.written)) }
        let keys = keys
        var refusal: RedisError?
        let execution = chunks.count + 2
        client.submit(commands: execution + 1, quiet: true) { buffer in
            let names = request.text.utf8.count + keys.prefix.utf8.count + 300
            let capacity = chunks.reduce(2 * names) { $0 + $1.text.utf8.count * 2 + names }
            buffer.writeRedisCommands(capacity: capacity) { writer in
                writer.command(arguments: 1)
                writer.argument("MULTI" as StaticString)
                writer.append(chunks, to: request, keys)
                writer.command(arguments: 1)
                writer.argument("EXEC" as StaticString)
            }
        } completion: { index, result in
            switch (index, result) {
            case (execution, .success(var reader)):
                // One tells for all: their ids follow one another.
                _ = reader.array()
                switch reader.next() {
                case .string: completion(.success(.written))
                case .error: self.refusal(upTo: last, request).whenComplete(completion)
                case .integer, .array, .null, nil: completion(.success(.fenced))
                }
            case (execution, .failure(let error)): completion(.failure(BrokerError(redis: refusal ?? error)))
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
            case .message(let payload): TokenEntryCoding.readEntries(payload: payload) { handler(.entry($0)) }
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
    /// The commands that put chunks into the log and tell them to the feed.
    package mutating func append(_ chunks: [TokenChunk], to request: RequestID, _ keys: RedisKeys) {
        for chunk in chunks { add(chunk, to: request, keys) }
        publish(chunks, of: request, keys)
    }

    /// The command that puts a chunk into the log.
    private mutating func add(_ chunk: TokenChunk, to request: RequestID, _ keys: RedisKeys) {
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
        argument(id: Int(truncatingIfNeeded: chunk.id.attempt), Int(truncatingIfNeeded: chunk.id.index))
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
    }

    /// The command that tells chunks to the feed, in one message: see `TokenEntryCoding`.
    private mutating func publish(_ chunks: [TokenChunk], of request: RequestID, _ keys: RedisKeys) {
        guard let first = chunks.first else { return }
        let attempt = Int(truncatingIfNeeded: first.id.attempt)
        let index = Int(truncatingIfNeeded: first.id.index)
        let head = Self.digits(attempt) + Self.digits(index) + 5
        command(arguments: 3)
        argument("PUBLISH" as StaticString)
        begin(keys.prefix.utf8.count + request.text.utf8.count + 7)
        raw(keys.prefix)
        raw("tokens:" as StaticString)
        raw(request.text)
        end()
        guard chunks.count > 1 else {
            begin(head + Self.digits(first.tokens) + first.text.utf8.count)
            raw(attempt)
            raw("-" as StaticString)
            raw(index)
            raw(first.isRestart ? " r " as StaticString : " c ")
            raw(first.tokens)
            raw(" " as StaticString)
            raw(first.text)
            return end()
        }
        begin(
            chunks.reduce(head + Self.digits(chunks.count)) { length, chunk in
                let bytes = chunk.text.utf8.count
                return length + Self.digits(chunk.tokens) + Self.digits(bytes) + 2 + bytes
            })
        raw(attempt)
        raw("-" as StaticString)
        raw(index)
        raw(" b " as StaticString)
        raw(chunks.count)
        raw(" " as StaticString)
        for chunk in chunks {
            raw(chunk.tokens)
            raw(" " as StaticString)
            raw(chunk.text.utf8.count)
            raw(" " as StaticString)
            raw(chunk.text)
        }
        end()
    }
}

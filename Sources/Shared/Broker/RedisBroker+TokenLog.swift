package import NIOCore

extension RedisBroker {
    package func append(_ chunk: TokenChunk, to request: RequestID) -> EventLoopFuture<AppendOutcome> {
        let promise = eventLoop.makePromise(of: AppendOutcome.self)
        if eventLoop.inEventLoop {
            write(chunk, request, promise)
        } else {
            eventLoop.execute { self.write(chunk, request, promise) }
        }
        return promise.futureResult
    }

    /// The hot path: the pair XADD and PUBLISH, encoded straight into the outbound buffer.
    ///
    /// They are a transaction, so that where Redis cannot write (out of memory, a full disk, a replica) it does not tell
    /// either: readers must not be given text that no log has. Only a chunk whose id the log refuses is still told; its readers drop
    /// it, because its id is not greater than that of the seal or marker that made the log refuse it, which passed on the feed
    /// before.
    private func write(_ chunk: TokenChunk, _ request: RequestID, _ promise: EventLoopPromise<AppendOutcome>) {
        let keys = keys
        var refusal: RedisError?
        client.submit(commands: 4) { buffer in
            let capacity = chunk.text.utf8.count * 2 + request.text.utf8.count * 2 + keys.prefix.utf8.count * 2 + 600
            buffer.writeRedisCommands(capacity: capacity) { writer in
                let attempt = Int(truncatingIfNeeded: chunk.id.attempt)
                let index = Int(truncatingIfNeeded: chunk.id.index)
                writer.command(arguments: 1)
                writer.argument("MULTI" as StaticString)
                let isBare = chunk.tokens == 1 || chunk.isRestart
                writer.command(arguments: isBare ? 6 : 8)
                writer.argument("XADD" as StaticString)
                writer.begin(keys.prefix.utf8.count + request.text.utf8.count + 9)
                writer.raw(keys.prefix)
                writer.raw("tokens:{" as StaticString)
                writer.raw(request.text)
                writer.raw("}" as StaticString)
                writer.end()
                writer.argument("NOMKSTREAM" as StaticString)
                writer.argument(id: attempt, index)
                writer.argument(chunk.isRestart ? "r" as StaticString : "c")
                writer.argument(chunk.text)
                if !isBare {
                    writer.argument("n" as StaticString)
                    writer.argument(chunk.tokens)
                }
                writer.command(arguments: 3)
                writer.argument("PUBLISH" as StaticString)
                writer.begin(keys.prefix.utf8.count + request.text.utf8.count + 7)
                writer.raw(keys.prefix)
                writer.raw("tokens:" as StaticString)
                writer.raw(request.text)
                writer.end()
                writer.begin(
                    RedisCommandWriter.digits(attempt) + RedisCommandWriter.digits(index)
                        + RedisCommandWriter.digits(chunk.tokens) + 5 + chunk.text.utf8.count)
                writer.raw(attempt)
                writer.raw("-" as StaticString)
                writer.raw(index)
                writer.raw(chunk.isRestart ? " r " as StaticString : " c ")
                writer.raw(chunk.tokens)
                writer.raw(" " as StaticString)
                writer.raw(chunk.text)
                writer.end()
                writer.command(arguments: 1)
                writer.argument("EXEC" as StaticString)
            }
        } completion: { index, result in
            switch (index, result) {
            case (3, .success(var reader)):
                _ = reader.array()
                switch reader.next() {
                case .string: promise.succeed(.written)
                case .error: promise.completeWith(self.refusal(of: chunk, request))
                case .integer, .array, .null, nil: promise.succeed(.fenced)
                }
            case (3, .failure(let error)): promise.fail(BrokerError(redis: refusal ?? error))
            // Why a command was not even queued; EXEC says only that one was not.
            case (_, .failure(let error)): refusal = refusal ?? error
            case (_, .success): break
            }
        }
    }

    /// Why the log refused the id of a chunk: it has it already, a stop sealed the attempt, or the attempt is over.
    private func refusal(of chunk: TokenChunk, _ request: RequestID) -> EventLoopFuture<AppendOutcome> {
        let id = RedisArgument.string(chunk.id.description)
        return send("XRANGE", .string(keys.log(request)), id, id).and(self.request(request)).map { entries, record in
            if entries.array?.isEmpty == false { return .written }
            guard let record, record.state == .running, record.attempt == chunk.id.attempt, record.stop != nil else {
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

    package func viewers(of request: RequestID) -> EventLoopFuture<Int> {
        send("PUBSUB", "NUMSUB", .string(keys.feed(request))).map { $0[1]?.integer ?? 0 }
    }
}

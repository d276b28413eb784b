package import NIOCore

extension RedisBroker {
    package func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> {
        send("HGETALL", .string(keys.message(id))).flatMap { reply in
            guard let message = MessageRecord(id, reply) else { return self.eventLoop.makeSucceededFuture(nil) }
            guard message.finishReason == nil || reply.map?["log"]?.string == "1", let request = message.requestID
            else { return self.eventLoop.makeSucceededFuture(message) }
            return self.said(in: request).map { said in
                var message = message
                message.content = said.text
                return message
            }
        }
    }

    package func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?> {
        guard let scope else { return message(id) }
        return send("HGET", .string(keys.message(id)), "owner").flatMap { owner in
            owner.string == scope ? self.message(id) : self.eventLoop.makeSucceededFuture(nil)
        }
    }

    package func conversation(
        _ id: SessionID, scope: String?, limit: Int, bytes: Int
    ) -> EventLoopFuture<[MessageRecord]?> {
        sessionOwner(id).and(messageIDs(of: id, limit: limit)).flatMap { owner, ids in
            guard let owner, scope == nil || scope == owner else { return self.eventLoop.makeSucceededFuture(nil) }
            return self.messages(ids, bytes: bytes).map { $0 }
        }
    }

    package func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> {
        send("HGET", .string(keys.session(id)), "owner").map(\.string)
    }

    package func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        messageIDs(of: session, limit: limit).flatMap { self.messages($0, bytes: bytes) }
    }

    private func messageIDs(of session: SessionID, limit: Int) -> EventLoopFuture<[MessageID]> {
        send("ZRANGE", .string(keys.sessionMessages(session)), .integer(-limit), -1).map { reply in
            (reply.array ?? []).compactMap { $0.string.flatMap { MessageID($0) } }
        }
    }

    /// From the newest back, as far as the bytes reach.
    private func messages(_ ids: [MessageID], bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        let lengths = ids.map { send("HSTRLEN", .string(keys.message($0)), "content") }
        return EventLoopFuture.whenAllSucceed(lengths, on: eventLoop).flatMap { lengths in
            var left = bytes
            var count = 0
            for length in lengths.reversed() {
                left -= length.integer ?? 0
                guard left >= 0 || count == 0 else { break }
                count += 1
            }
            return EventLoopFuture.whenAllSucceed(ids.suffix(count).map { self.message($0) }, on: self.eventLoop)
                .map { Self.latest($0.compactMap { $0 }, bytes: bytes) }
        }
    }

    /// What the log still holds, of a request that runs or has just ended, is known only now.
    private static func latest(_ messages: [MessageRecord], bytes: Int) -> [MessageRecord] {
        var left = bytes
        let count = messages.reversed().prefix { message in
            left -= message.content.utf8.count
            return left >= 0
        }.count
        return Array(messages.suffix(max(count, 1)))
    }
}

extension MessageRecord {
    init?(_ id: MessageID, _ reply: RedisReply) {
        guard let fields = reply.map?.compactMapValues(\.string), let role = fields["role"],
            let session = fields["session"].flatMap({ SessionID($0) })
        else { return nil }
        let finishReason = fields["finish_reason"]
        self.init(
            messageID: id, sessionID: session, parentMessageID: fields["parent"].flatMap { MessageID($0) },
            requestID: fields["request"] == nil ? nil : id.request, role: role, content: fields["content"] ?? "",
            isComplete: fields["is_complete"] == "1", finishReason: finishReason,
            usage: finishReason == nil ? nil : TokenEntryCoding.usage(fields), stop: TokenEntryCoding.stop(fields),
            error: TokenEntryCoding.failure(fields),
            createdAt: TokenEntryCoding.timestamp(fields["created_at"]) ?? Timestamp(microseconds: 0),
            completedAt: TokenEntryCoding.timestamp(fields["ended_at"] ?? fields["completed_at"]),
            owner: fields["owner"] ?? "")
    }
}

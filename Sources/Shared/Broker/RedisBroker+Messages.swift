package import NIOCore

extension RedisBroker {
    package func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> {
        send("HGETALL", .string(keys.message(id))).flatMap { reply in
            guard let message = MessageRecord(id, reply) else { return self.eventLoop.makeSucceededFuture(nil) }
            guard message.finishReason == nil, let request = message.requestID else {
                return self.eventLoop.makeSucceededFuture(message)
            }
            return self.text(of: request).map { text, _ in
                var running = message
                running.content = text
                return running
            }
        }
    }

    package func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> {
        send("HGET", .string(keys.session(id)), "owner").map(\.string)
    }

    package func messages(of session: SessionID, limit: Int) -> EventLoopFuture<[MessageRecord]> {
        send("ZRANGE", .string(keys.sessionMessages(session)), .integer(-limit), -1).flatMap { reply in
            let ids = (reply.array ?? []).compactMap { $0.string.flatMap { MessageID($0) } }
            return EventLoopFuture.whenAllSucceed(ids.map { self.message($0) }, on: self.eventLoop)
                .map { $0.compactMap { $0 } }
        }
    }

    /// What the log of a request holds: its text and the number of its tokens.
    func text(of request: RequestID) -> EventLoopFuture<(String, Int)> {
        entries(of: request, after: .start, limit: Int(Int32.max)).map { entries in
            entries.reduce(into: ("", 0)) { sum, entry in
                guard case .chunk(let text, let tokens) = entry.body else { return }
                sum.0 += text
                sum.1 += tokens
            }
        }
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

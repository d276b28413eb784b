package import NIOCore

extension RedisBroker {
    package func count(_ request: RequestID, of owner: String, limit: Int) -> EventLoopFuture<CountOutcome> {
        count(request, owner, limit, mends: recounts.isDue(owner, now: .now()))
    }

    private func count(
        _ request: RequestID, _ owner: String, _ limit: Int, mends: Bool
    ) -> EventLoopFuture<CountOutcome> {
        Self.translate(
            client.evaluate(
                RedisScripts.count, keys: [.string(keys.openRequests(owner))],
                args: [
                    .string(request.text), .integer(limit), .integer(Self.openSeconds), .integer(Self.recounted),
                ])
        ).flatMap { reply in
            switch reply[0]?.string {
            case "counted": return self.eventLoop.makeSucceededFuture(.counted)
            case "present": return self.eventLoop.makeSucceededFuture(.present)
            case "full":
                guard mends else { return self.eventLoop.makeSucceededFuture(.full) }
                self.recounts.noted(owner, now: .now())
                return self.forgetEnded(owner, reply).flatMap { forgot in
                    forgot
                        ? self.count(request, owner, limit, mends: false)
                        : self.eventLoop.makeSucceededFuture(.full)
                }
            default: return self.eventLoop.makeFailedFuture(BrokerError.unexpected("an answer to count"))
            }
        }
    }

    /// Asks about the requests that the answer of the script names, and discounts those that have ended. Returns whether some had.
    ///
    /// Whoever counted a request may have died before it ended, or before it was submitted at all.
    private func forgetEnded(_ owner: String, _ reply: RedisReply) -> EventLoopFuture<Bool> {
        let words = (reply.array ?? []).dropFirst().map { $0.string ?? "" }
        let now = words.first.flatMap { Double($0) } ?? 0
        let listed = stride(from: 1, to: words.count - 1, by: 2).compactMap { index -> (RequestID, Double)? in
            guard let id = RequestID(words[index]), let since = Double(words[index + 1]) else { return nil }
            return (id, since)
        }
        let asked = listed.map { id, since in
            send("HGET", .string(keys.request(id)), "state").map { reply -> RequestID? in
                guard let state = reply.string.flatMap({ RequestRecord.State(rawValue: $0) }) else {
                    return now - since > Self.submissionMicroseconds ? id : nil
                }
                return state.isEnded ? id : nil
            }
        }
        return EventLoopFuture.whenAllSucceed(asked, on: eventLoop).flatMap { found in
            let ended = found.compactMap(\.self)
            guard !ended.isEmpty else { return self.eventLoop.makeSucceededFuture(false) }
            let members = ended.map { RedisArgument.string($0.text) }
            return Self.translate(
                self.client.send(RedisCommand(arguments: ["ZREM", .string(self.keys.openRequests(owner))] + members))
            ).map { _ in true }
        }
    }

    package func discount(_ request: RequestID, of owner: String) -> EventLoopFuture<Void> {
        send("ZREM", .string(keys.openRequests(owner)), .string(request.text)).map { _ in }
    }

    /// Requests that are asked about at a time. With fewer open ones all are, otherwise some at random.
    private static let recounted = 100
    /// How long after it was counted a request may take to be submitted.
    private static let submissionMicroseconds = 60_000_000.0
}

package import NIOCore
package import Shared

extension InMemoryBroker {
    // MARK: Messages

    package func message(_ id: MessageID) -> EventLoopFuture<MessageRecord?> {
        perform { state in
            guard var message = state.messages[id] else { return nil }
            if message.finishReason == nil, let request = message.requestID.flatMap({ state.requests[$0] }) {
                message.content = request.text
            }
            return message
        }
    }

    package func message(_ id: MessageID, scope: String?) -> EventLoopFuture<MessageRecord?> {
        message(id).map { $0.flatMap { scope == nil || $0.owner == scope ? $0 : nil } }
    }

    package func conversation(
        _ id: SessionID, scope: String?, limit: Int, bytes: Int
    ) -> EventLoopFuture<[MessageRecord]?> {
        sessionOwner(id).and(messages(of: id, limit: limit, bytes: bytes)).map { owner, messages in
            owner.flatMap { scope == nil || $0 == scope ? messages : nil }
        }
    }

    package func sessionOwner(_ id: SessionID) -> EventLoopFuture<String?> { perform { $0.sessions[id]?.owner } }

    package func messages(of session: SessionID, limit: Int, bytes: Int) -> EventLoopFuture<[MessageRecord]> {
        perform { state in
            let messages = (state.sessions[session]?.messages ?? []).suffix(limit).compactMap { state.messages[$0] }
            var left = bytes
            var count = 0
            for message in messages.reversed() {
                left -= message.content.utf8.count
                guard left >= 0 || count == 0 else { break }
                count += 1
            }
            return Array(messages.suffix(count))
        }
    }

    // MARK: Nodes

    package func announce(_ node: NodeRecord) -> EventLoopFuture<Bool> {
        perform { $0.nodes.updateValue(node, forKey: node.id) != nil }
    }

    package func retire(_ node: String) -> EventLoopFuture<Void> { perform { $0.nodes[node] = nil } }

    package func nodes() -> EventLoopFuture<[NodeRecord]> {
        perform { $0.nodes.values.sorted { $0.id < $1.id } }
    }

    package func lastTaken(of queue: String) -> EventLoopFuture<UInt64> { perform { $0.queues[queue]?.lastTaken ?? 0 } }

    package func queueStatus(of name: String) -> EventLoopFuture<QueueStatus> {
        perform { state in
            guard let queue = state.queues[name] else { return QueueStatus(waiting: 0, taken: 0, oldestAge: .zero) }
            let oldest = queue.jobs[queue.nextIndex...].first {
                state.requests[$0.job.requestID]?.record.state == .queued
            }
            .flatMap { state.requests[$0.job.requestID]?.record.createdAt }
            return QueueStatus(
                waiting: queue.waiting, taken: queue.pending.count,
                oldestAge: .microseconds(
                    oldest.map { max(state.now.microseconds - $0.microseconds, 0) } ?? 0))
        }
    }

    package func queuedJobs(queue name: String, limit: Int) -> EventLoopFuture<[QueuedJob]> {
        perform { state in
            guard let queue = state.queues[name] else { return [] }
            let open = queue.jobs.compactMap { entryID, job -> QueuedJob? in
                guard let request = state.requests[job.requestID], !request.record.state.isEnded else { return nil }
                return QueuedJob(
                    record: request.record, tokens: request.tokens,
                    deliveries: queue.pending[entryID]?.deliveries ?? 0)
            }
            return Array(open.prefix(limit))
        }
    }

    package func ping() -> EventLoopFuture<Void> { perform { _ in } }
}

package import NIOCore
package import Shared
import Synchronization

extension InMemoryBroker {
    // MARK: Tokens

    package func append(
        _ chunks: [TokenChunk], to id: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) {
        let appended: EventLoopFuture<AppendOutcome> = perform { state in
            guard let first = chunks.first?.id, let last = chunks.last?.id else { return .written }
            guard let request = state.requests[id] else { return .fenced }
            guard first > request.last else {
                if request.log.contains(where: { $0.id == last }) { return .written }
                guard request.record.attempt == last.attempt, !request.record.state.isEnded else { return .fenced }
                return request.isSealed ? .sealed : .fenced
            }
            for chunk in chunks { InMemoryStore.append(&state, id, TokenEntry(id: chunk.id, body: chunk.body)) }
            return .written
        }
        appended.whenComplete(completion)
    }

    package func entries(
        of id: RequestID, after cursor: EntryID, limit: Int
    ) -> EventLoopFuture<[TokenEntry]> {
        perform { state in Array((state.requests[id]?.log ?? []).lazy.filter { $0.id > cursor }.prefix(limit)) }
    }

    package func followTokens(
        of request: RequestID, handler: @escaping @Sendable (FeedEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.followers, request, handler)
    }

    package func audience(of request: RequestID) -> EventLoopFuture<Audience> {
        perform { state in
            Audience(
                viewers: state.followers[request]?.count ?? 0,
                sinceLeaving: state.requests[request]?.viewersLeftAt.map { eventLoop.now - $0 })
        }
    }

    package func viewersLeft(_ request: RequestID) -> EventLoopFuture<Void> {
        perform { $0.requests[request]?.viewersLeftAt = eventLoop.now }
    }

    // MARK: Stops

    package func listenForStops(
        of request: RequestID, handler: @escaping @Sendable (StopChannelEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.stopListeners, request, handler)
    }

    package func weaknesses() -> EventLoopFuture<[BrokerWeakness]> { perform { _ in [] } }

    // MARK: The control path

    package var connections: BrokerConnections {
        let isThere = store.state.withLock { !$0.isAway }
        return BrokerConnections(commands: isThere, subscriptions: isThere)
    }

    package func beat(_ number: UInt64, name: String, timeout: TimeAmount) -> EventLoopFuture<Int> {
        perform { state in
            let listeners = state.beatListeners[name] ?? []
            if !state.losesBeats { for listener in listeners { listener.tell(.beat(number)) } }
            return listeners.count
        }
    }

    package func listenForBeats(
        name: String, handler: @escaping @Sendable (BeatEvent) -> Void
    ) -> any BrokerSubscription {
        subscribe(\.beatListeners, name, handler)
    }

    package func renewSubscriptions(because reason: String) {
        store.state.withLock { state in
            guard !state.isAway else { return }
            state.losesBeats = false
            for listener in state.beatListeners.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
            for listener in state.stopListeners.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
            for listener in state.followers.values.joined() {
                listener.tell(.interrupted)
                listener.tell(.resumed)
            }
        }
    }
}

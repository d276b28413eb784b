package import NIOCore
import Shared
import Synchronization

/// A broker on an `InMemoryStore`. It passes the conformance suite of `RedisBroker`.
package struct InMemoryBroker: Broker {
    package let eventLoop: any EventLoop
    let store: InMemoryStore

    package init(_ store: InMemoryStore, on eventLoop: any EventLoop) {
        self.store = store
        self.eventLoop = eventLoop
    }

    /// Carries a call out now, and completes its future a turn later.
    func perform<Value: Sendable>(
        _ body: (inout InMemoryStore.State) throws(BrokerError) -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let result: Result<Value, any Error> = store.state.withLock { state in
            guard !state.isAway else { return .failure(BrokerError(code: .unavailable, message: "away")) }
            do throws(BrokerError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        eventLoop.execute { promise.completeWith(result) }
        return promise.futureResult
    }

    // MARK: Subscriptions

    func subscribe<Key: Hashable & Sendable, Event: Sendable>(
        _ path: any WritableKeyPath<InMemoryStore.State, [Key: [InMemoryStore.Listener<Event>]]> & Sendable, _ key: Key,
        _ handler: @escaping @Sendable (Event) -> Void
    ) -> any BrokerSubscription {
        let isOver = OnceFlag()
        let promise = eventLoop.makePromise(of: Void.self)
        let eventLoop = eventLoop
        let id = store.state.withLock { state in
            let id = state.nextNumber()
            let register: @Sendable (inout InMemoryStore.State) -> Void = { state in
                if !isOver.isSet {
                    state[keyPath: path][key, default: []].append(
                        .init(id: id, eventLoop: eventLoop) { event in if !isOver.isSet { handler(event) } })
                }
                eventLoop.execute { promise.succeed() }
            }
            if state.waitingSubscriptions == nil {
                register(&state)
            } else {
                state.waitingSubscriptions?.append(register)
            }
            return id
        }
        return InMemorySubscription(confirmed: promise.futureResult) { [store] in
            isOver.set()
            store.state.withLock { state in
                state[keyPath: path][key]?.removeAll { $0.id == id }
                if state[keyPath: path][key]?.isEmpty == true { state[keyPath: path][key] = nil }
            }
        }
    }
}

private struct InMemorySubscription: BrokerSubscription {
    let confirmed: EventLoopFuture<Void>
    let end: @Sendable () -> Void

    func cancel() { end() }
}

/// A flag that is set once.
private final class OnceFlag: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock { $0 } }
    func set() { flag.withLock { $0 = true } }
}

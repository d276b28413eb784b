package import Shared
private import Synchronization

/// What a generator sees of the request it works for: whether it is still wanted.
///
/// A context is live, then stopped, then killed, and never goes back; killed implies stopped. Stopping and killing are idempotent,
/// may be called from anywhere, and have taken effect when they return: waiters are resumed and every linked child has been
/// told, in the order linked. Reading `isStopped` and `isKilled` takes no lock.
///
/// When the generation is over the runner retires the context: then it holds nobody any more.
package final class RequestContext: Sendable {
    /// The request.
    package let id: RequestID

    private enum Level: Int, Comparable {
        case live, stopped, killed

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Observer {
        var level: Level
        /// Whether the handler only lets a waiting task go on.
        var isWaiter = false
        var handler: @Sendable () -> Void
    }

    private struct State {
        var level = Level.live
        var isRetired = false
        /// By the order they came.
        var observers: [(id: UInt64, observer: Observer)] = []
        var children: [RequestContext] = []
        var lastID: UInt64 = 0
    }

    private let stopFlag = Atomic(false)
    private let killFlag = Atomic(false)
    private let state = Mutex(State())

    /// A live context.
    package init(id: RequestID) { self.id = id }

    /// Whether the generator is to yield nothing more. Cheap enough to ask before each token.
    package var isStopped: Bool { stopFlag.load(ordering: .relaxed) }

    /// Whether it is not even to drain what it holds.
    package var isKilled: Bool { killFlag.load(ordering: .relaxed) }

    /// Returns when the context is stopped, at once if it is; also when it is retired, and when the awaiting task is cancelled.
    package func stopped() async { await reached(.stopped) }

    /// Returns when the context is killed, at once if it is; also when it is retired, and when the awaiting task is cancelled.
    package func killed() async { await reached(.killed) }

    /// Ends the generation gracefully: what is in the stream already is kept, nothing more is said.
    package func stopGenerating() { raise(to: .stopped) }

    /// Ends the generation at once, without draining.
    package func kill() { raise(to: .killed) }

    /// The generation is over, and nobody stops it any more: lets waiting tasks go on, forgets the handlers that were not called and
    /// the children, and retires these too. A context holds whoever watches it, and they hold it: without this neither would ever
    /// be freed. How it stands does not change. Idempotent.
    package func retire() {
        let (observers, children): ([Observer], [RequestContext]) = state.withLock { state in
            state.isRetired = true
            defer {
                state.observers = []
                state.children = []
            }
            return (state.observers.map(\.observer), state.children)
        }
        for observer in observers where observer.isWaiter { observer.handler() }
        for child in children { child.retire() }
    }

    /// Stops and kills `child` whenever this one is, until this one is retired; at once if it is already.
    package func link(child: RequestContext) {
        let level = state.withLock { state in
            if state.level < .killed, !state.isRetired { state.children.append(child) }
            return state.level
        }
        if level > .live { child.raise(to: level) }
    }

    /// Calls `handler` once when the context is stopped, on the thread of whoever stops it; at once if it is stopped already.
    /// It must not block.
    @discardableResult
    package func whenStopped(_ handler: @escaping @Sendable () -> Void) -> Observation {
        observe(Observer(level: .stopped, handler: handler))
    }

    /// Like `whenStopped(_:)`, for a kill.
    @discardableResult
    package func whenKilled(_ handler: @escaping @Sendable () -> Void) -> Observation {
        observe(Observer(level: .killed, handler: handler))
    }

    /// A handler that waits, until the context is retired. It goes on waiting when this value is dropped.
    package struct Observation: Sendable {
        fileprivate let context: RequestContext
        fileprivate let id: UInt64

        /// Forgets the handler. It may be running at this moment on another thread.
        package func cancel() { _ = context.removeObserver(id) }
    }

    private func raise(to level: Level) {
        let (observers, children): ([Observer], [RequestContext]) = state.withLock { state in
            guard state.level < level else { return ([], []) }
            state.level = level
            // Inside the lock, so that whoever sees the level also sees the flag.
            stopFlag.store(true, ordering: .relaxed)
            if level == .killed { killFlag.store(true, ordering: .relaxed) }
            let reached = state.observers.filter { $0.observer.level <= level }.map(\.observer)
            state.observers.removeAll { $0.observer.level <= level }
            defer { if level == .killed { state.children.removeAll() } }
            return (reached, state.children)
        }
        for observer in observers { observer.handler() }
        for child in children { child.raise(to: level) }
    }

    private func observe(_ observer: Observer) -> Observation {
        let (id, isDue) = state.withLock { state -> (UInt64, Bool) in
            guard state.level < observer.level else { return (0, true) }
            guard !state.isRetired else { return (0, observer.isWaiter) }
            state.lastID += 1
            state.observers.append((state.lastID, observer))
            return (state.lastID, false)
        }
        if isDue { observer.handler() }
        return Observation(context: self, id: id)
    }

    private func removeObserver(_ id: UInt64) -> Observer? {
        state.withLock { state in
            guard let place = state.observers.firstIndex(where: { $0.id == id }) else { return nil }
            return state.observers.remove(at: place).observer
        }
    }

    private func reached(_ level: Level) async {
        let gate = Gate()
        let observation = observe(Observer(level: level, isWaiter: true) { gate.open() })
        await gate.wait()
        observation.cancel()
    }
}

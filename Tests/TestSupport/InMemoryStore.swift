package import NIOCore
package import Shared
import Synchronization

/// What the brokers of an in-memory "cluster" share: it stands where Redis stands, with the same guarantees.
///
/// Brokers made on it from different event loops behave like nodes on different hosts. `goAway()` and `comeBack()` play a
/// restart; `loseFeed(_:)` plays a live feed that drops what it carries.
package final class InMemoryStore: Sendable {
    struct Request {
        var record: RequestRecord
        var content: String
        var jobEntryID: String?
        var log: [TokenEntry] = []
        var isSealed = false
        var viewersLeftAt: NIODeadline?
        /// The request that works for it.
        var child: RequestID?
        /// The job for which it ended as failed, where it was given up.
        var givenUp: String?
        var queueUntil: Timestamp?
        var endBy: Timestamp?

        /// As `deadline` of `common.lua`.
        var deadline: (at: Timestamp, why: String)? {
            func seconds(_ end: Timestamp) -> String {
                let seconds = Double(end.microseconds - record.createdAt.microseconds) / 1_000_000
                return seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
            }
            if record.attempt == 0, let wait = queueUntil, wait <= endBy ?? wait {
                return (wait, "the request waited in the queue for longer than \(seconds(wait)) s")
            }
            return endBy.map { ($0, "the request took longer than \(seconds($0)) s") }
        }

        var last: EntryID { log.last?.id ?? .start }
    }

    struct Queue {
        struct Pending {
            var worker: String
            var renewedAt: Timestamp
            var deliveries: Int
        }

        var jobs: [(entryID: String, job: GenerationJob)] = []
        var nextIndex = 0
        /// The number of the last job that came, and of the last that was taken.
        var lastNumber: UInt64 = 0
        var lastTaken: UInt64 = 0

        /// How many jobs no worker has taken.
        var waiting: Int { jobs.count - nextIndex }

        /// Gives the next job to a worker.
        mutating func take(_ queue: String, _ worker: String, at now: Timestamp) -> JobDelivery? {
            guard nextIndex < jobs.count else { return nil }
            let (entryID, job) = jobs[nextIndex]
            nextIndex += 1
            lastTaken = UInt64(entryID.prefix { $0 != "-" }) ?? 0
            pending[entryID] = .init(worker: worker, renewedAt: now, deliveries: 1)
            return JobDelivery(queue: queue, entryID: entryID, job: job)
        }

        /// Puts a job at the end. Returns the id of its entry.
        mutating func append(_ job: GenerationJob) -> String {
            lastNumber += 1
            jobs.append(("\(lastNumber)-0", job))
            return "\(lastNumber)-0"
        }
        var pending: [String: Pending] = [:]
        var waiters: [(id: Int, wake: @Sendable () -> Void)] = []
    }

    struct Listener<Event: Sendable>: Sendable {
        var id: Int
        var eventLoop: any EventLoop
        var handler: @Sendable (Event) -> Void
    }

    struct State {
        var isAway = false
        var clockOffset: Int64 = 0
        /// When the clock stands still, but for what it is put forward.
        var stoppedAt: Timestamp?
        var feedLosses = 0
        var counter = 0
        /// Requests that may not be submitted.
        var forbidden: Set<RequestID> = []
        var requests: [RequestID: Request] = [:]
        var messages: [MessageID: MessageRecord] = [:]
        var sessions: [SessionID: (owner: String, messages: [MessageID])] = [:]
        var queues: [String: Queue] = [:]
        var followers: [RequestID: [Listener<FeedEvent>]] = [:]
        var stopListeners: [RequestID: [Listener<StopChannelEvent>]] = [:]
        var releaseListeners: [String: [Listener<Void>]] = [:]
        var beatListeners: [String: [Listener<BeatEvent>]] = [:]
        var losesBeats = false
        /// What is still to be subscribed, where subscriptions wait.
        var waitingSubscriptions: [@Sendable (inout State) -> Void]?
        var nodes: [String: NodeRecord] = [:]
        /// Open requests by their owner, and when they were counted.
        var counts: [String: [RequestID: Timestamp]] = [:]
        var dead: [String: [DeadJob]] = [:]

        /// The clock of the store.
        var now: Timestamp { Timestamp(microseconds: (stoppedAt ?? .now()).microseconds + clockOffset) }

        mutating func nextNumber() -> Int {
            counter += 1
            return counter
        }
    }

    let state = Mutex(State())

    package init() {}

    /// From now on the store's clock goes only where `advance` puts it, so that a slow machine changes nothing.
    package func stopClock() { state.withLock { $0.stoppedAt = $0.stoppedAt ?? .now() } }

    /// How many follow the feed of a request now.
    package func followers(of request: RequestID) -> Int { state.withLock { $0.followers[request]?.count ?? 0 } }

    /// The clock of the store goes forward.
    package func advance(by time: TimeAmount) { state.withLock { $0.clockOffset += time.nanoseconds / 1000 } }

    /// The times of a request are over, those that it has.
    package func makeOverdue(_ request: RequestID) {
        state.withLock { state in
            let now = state.now
            if state.requests[request]?.queueUntil != nil { state.requests[request]?.queueUntil = now }
            if state.requests[request]?.endBy != nil { state.requests[request]?.endBy = now }
        }
    }

    /// From now on every call fails as `unavailable`, and every subscription is deaf.
    package func goAway() {
        state.withLock { state in
            state.isAway = true
            Self.tellAll(state, .interrupted, .interrupted)
        }
    }

    /// The store answers again; what it held is still there.
    package func comeBack() {
        state.withLock { state in
            state.isAway = false
            Self.tellAll(state, .resumed, .resumed)
        }
    }

    /// Everything that was held is gone, as after a restart without data. Whoever is subscribed still is.
    package func loseData() {
        state.withLock { state in
            state.requests = [:]
            state.messages = [:]
            state.sessions = [:]
            state.queues = [:]
            state.nodes = [:]
        }
    }

    /// The live feed loses the next `count` entries.
    package func loseFeed(_ count: Int) { state.withLock { $0.feedLosses = count } }

    /// Subscriptions do not come through from now on, until `letSubscriptionsThrough()`.
    package func holdSubscriptions() { state.withLock { $0.waitingSubscriptions = [] } }

    package func letSubscriptionsThrough() {
        state.withLock { state in
            let waiting = state.waitingSubscriptions ?? []
            state.waitingSubscriptions = nil
            for subscribe in waiting { subscribe(&state) }
        }
    }

    /// Whether beats are taken and come to nobody, until the subscriptions are made anew.
    package func loseBeats(_ loses: Bool) { state.withLock { $0.losesBeats = loses } }

    /// Publishes on a stop channel, as `redis-cli` would. Returns who heard.
    @discardableResult
    package func publishStop(_ request: RequestID, _ payload: String) -> Int {
        state.withLock { Self.publish(&$0, request, StopSignal(payload: payload)) }
    }

    /// How many requests count as open ones of an owner.
    package func openRequests(of owner: String) -> Int { state.withLock { $0.counts[owner]?.count ?? 0 } }

    /// The log of a request as it stands.
    package func log(of request: RequestID) -> [TokenEntry] { state.withLock { $0.requests[request]?.log ?? [] } }

    /// Makes a request look as if its frontend had died after it was accepted and before its job was in the queue.
    package func loseJob(of request: RequestID) {
        state.withLock { state in
            guard let queue = state.requests[request]?.record.queue else { return }
            state.requests[request]?.record.jobEntryID = nil
            state.queues[queue]?.jobs.removeAll { $0.job.requestID == request }
        }
    }

    /// The log of a request goes, as Redis lets it go some time after the ending.
    package func loseLog(of request: RequestID) { state.withLock { $0.requests[request]?.log = [] } }

    /// How many listen on the stop channel of a request.
    package func stopListeners(of request: RequestID) -> Int {
        state.withLock { $0.stopListeners[request]?.count ?? 0 }
    }

    /// The jobs that were put into a queue.
    package func jobs(of queue: String) -> [GenerationJob] {
        state.withLock { $0.queues[queue]?.jobs.map(\.job) ?? [] }
    }

    /// Gives the next job of a queue to a worker, as a read that does not wait.
    package func takeJob(of queue: String, worker: String) -> JobDelivery? {
        state.withLock { state in
            let now = state.now
            return state.queues[queue]?.take(queue, worker, at: now)
        }
    }

    /// The jobs of a queue that were taken and neither acknowledged nor released.
    package func pendingJobs(of queue: String) -> Int { state.withLock { $0.queues[queue]?.pending.count ?? 0 } }

    /// How many workers wait for jobs of a queue now.
    package func waitingTakers(of queue: String) -> Int { state.withLock { $0.queues[queue]?.waiters.count ?? 0 } }

    private static func tellAll(_ state: State, _ feed: FeedEvent, _ stop: StopChannelEvent) {
        for listener in state.followers.values.joined() { listener.tell(feed) }
        for listener in state.stopListeners.values.joined() { listener.tell(stop) }
        for listener in state.beatListeners.values.joined() {
            listener.tell(stop == .resumed ? .resumed : .interrupted)
        }
    }

    @discardableResult
    static func publish(_ state: inout State, _ request: RequestID, _ signal: StopSignal) -> Int {
        guard !state.isAway, let listeners = state.stopListeners[request] else { return 0 }
        for listener in listeners { listener.tell(.signal(signal)) }
        return listeners.count
    }

    static func append(_ state: inout State, _ request: RequestID, _ entry: TokenEntry) {
        state.requests[request]?.log.append(entry)
        guard state.feedLosses == 0 else {
            state.feedLosses -= 1
            return
        }
        for listener in state.followers[request] ?? [] { listener.tell(.entry(entry)) }
    }

    /// Writes the ending of a request that has none.
    static func end(_ state: inout State, _ id: RequestID, _ ending: Ending) {
        guard var request = state.requests[id] else { return }
        var ending = ending
        if ending.state == .expired {
            ending.error = Ending.Failure(code: .backendTimeout, message: request.deadline?.why ?? "")
        }
        ending.endedAt = state.now
        if ending.stop != nil, ending.stop?.observedAt == nil { ending.stop?.observedAt = ending.endedAt }
        let entry = TokenEntry(
            id: EntryID(attempt: max(request.record.attempt, 1), index: EntryID.endingIndex),
            body: .ended(ending, after: request.last))
        request.record.state = RequestRecord.State(rawValue: ending.state.rawValue) ?? .failed
        request.record.endedAt = ending.endedAt
        state.requests[id] = request
        append(&state, id, entry)
        state.messages[id.message]?.content = request.text
        state.messages[id.message]?.isComplete = ending.isComplete
        state.messages[id.message]?.finishReason = ending.finishReason
        state.messages[id.message]?.usage = ending.usage
        state.messages[id.message]?.stop = ending.stop
        state.messages[id.message]?.error = ending.error
        state.messages[id.message]?.completedAt = ending.endedAt
        publish(&state, id, .ended)
    }
}

extension InMemoryStore.Listener {
    func tell(_ event: Event) { eventLoop.execute { handler(event) } }
}

extension InMemoryStore.Request {
    /// What was said since the last restart.
    private var said: ArraySlice<TokenEntry> {
        log[(log.lastIndex { $0.body == .restarted } ?? 0)...]
    }

    var text: String {
        said.reduce(into: "") { text, entry in if case .chunk(let chunk, _) = entry.body { text += chunk } }
    }

    var tokens: Int {
        said.reduce(0) { sum, entry in if case .chunk(_, let tokens) = entry.body { sum + tokens } else { sum } }
    }
}

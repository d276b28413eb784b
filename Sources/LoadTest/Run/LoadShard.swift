import FrontendClient
import NIOCore
import Shared

/// The part of the load that one event loop carries: its clients, their answers, and what it measures of them. Nothing is shared
/// between shards and nothing is locked.
///
/// Bound to its event loop: every method must be called there.
/// `@unchecked Sendable`: it is captured by callbacks that run on its event loop and touched nowhere else.
final class LoadShard: @unchecked Sendable {
    enum Phase {
        case connecting
        /// Requests come.
        case loading
        /// No more requests; answers end.
        case draining
        case closed
    }

    /// A place for an answer.
    struct Slot {
        /// Which of those that had this place it is.
        var generation: UInt32 = 0
        var stream: StreamStateMachine?
        var client: LoadClient?
    }

    let number: Int
    let eventLoop: any EventLoop
    let plan: LoadPlan
    let identity: RunIdentity
    let handshake: UpgradeHandshake
    let routes: [Route]
    let encoder = ClientEventEncoder()
    let decoder = ServerEventDecoder()

    var random: LoadRandom
    var measured = Measurements()
    var phase = Phase.connecting
    var clients: [LoadClient] = []
    /// Those that have room, in the order in which they got it.
    var available = FIFO<LoadClient>()
    var slots: [Slot] = []
    var freeSlots: [Int] = []
    /// Answers under way.
    var openStreams = 0
    var readyClients = 0
    var connects: ArrivalSchedule
    var arrivals: Arrivals
    /// When the connections, and later the load, began.
    var origin: UInt64 = 0
    var pumpTimer: Scheduled<Void>?
    var isPumpingSoon = false
    var saved: SavedSample
    let connected: EventLoopPromise<Void>
    var idle: EventLoopPromise<Void>?
    var lastFailure: String?
    var watch: RepeatedTask?
    var nextWatch: UInt64 = 0
    var watches: UInt64 = 0

    /// The shard of `number`, of `count` in all.
    init(
        _ number: Int, of count: Int, plan: LoadPlan, identity: RunIdentity, handshake: UpgradeHandshake,
        routes: [Route], on eventLoop: any EventLoop
    ) {
        self.number = number
        self.eventLoop = eventLoop
        self.plan = plan
        self.identity = identity
        self.handshake = handshake
        self.routes = routes
        var random = LoadRandom(seed: plan.seed &+ UInt64(number) &* 0x9E37_79B9)
        let share = { (total: Int) in total / count + (number < total % count ? 1 : 0) }
        clients = (0..<share(plan.connections)).map { LoadClient(url: ($0 * count + number) % routes.count) }
        connects = ArrivalSchedule(
            rate: Double(plan.connectRate) / Double(count), ramp: 0, end: .max,
            phase: Double(number) / Double(count), random: nil)
        switch plan.load {
        case .closed(let concurrency):
            arrivals = .closed(count: share(concurrency), ramp: plan.ramp.wholeNanoseconds, random: &random)
        case .open(let rate, let kind):
            arrivals = .open(
                ArrivalSchedule(
                    rate: rate / Double(count), ramp: plan.ramp.wholeNanoseconds, end: plan.total.wholeNanoseconds,
                    phase: Double(number) / Double(count),
                    random: kind == .poisson ? LoadRandom(seed: random.next()) : nil))
        }
        saved = SavedSample(size: share(plan.checkSaved), random: LoadRandom(seed: random.next()))
        self.random = random
        connected = eventLoop.makePromise()
        if clients.isEmpty { connected.succeed() }
    }

    // MARK: The course of a run

    /// Begins the load at `origin` on the monotonic clock.
    func begin(at origin: UInt64) {
        self.origin = origin
        phase = .loading
        measured.end = origin + plan.total.wholeNanoseconds
        startWatch()
        pump()
    }

    /// Ends the load. The future completes when every answer has ended.
    func endLoad() -> EventLoopFuture<Void> {
        // What came due since the last pump is of the load, too.
        pump()
        phase = .draining
        pumpTimer?.cancel()
        let now = Moment.now().nanoseconds
        while case .open = arrivals, let due = arrivals.next, origin + due <= now {
            measured.counters[.unsent] += 1
            arrivals.take()
        }
        let promise = eventLoop.makePromise(of: Void.self)
        idle = promise
        if openStreams == 0 { promise.succeed() }
        return promise.futureResult
    }

    /// Stops what runs on.
    func stopRest() {
        let now = Moment.now()
        for slot in slots.indices where slots[slot].stream != nil { sendStop(slot, due: now.nanoseconds, at: now) }
    }

    /// Waits for nothing more, and closes everything.
    func close() {
        for slot in slots.indices { slots[slot].stream?.gaveUp(&measured) }
        phase = .closed
        watch?.cancel()
        pumpTimer?.cancel()
        for client in clients { client.connection?.cut() }
        idle?.succeed()
        connected.fail(FrontendError(.unreachable, "not all connections were made"))
    }

    /// What was measured since this was asked last.
    func take() -> ShardReport {
        ShardReport(
            measured: measured.take(), openStreams: openStreams, connections: readyClients,
            behind: phase == .loading ? behind : 0)
    }

    /// How late the request is that is due next, in nanoseconds.
    private var behind: UInt64 {
        let now = Moment.now().nanoseconds
        guard now > origin, let next = arrivals.next, next < now - origin else { return 0 }
        return now - origin - next
    }
}

/// What one shard has to tell.
struct ShardReport: Sendable {
    var measured: Measurements
    var openStreams: Int
    var connections: Int
    var behind: UInt64
}

extension Duration {
    /// In nanoseconds; 0 for what is negative.
    var wholeNanoseconds: UInt64 {
        UInt64(max(components.seconds, 0)) * 1_000_000_000 + UInt64(max(components.attoseconds, 0) / 1_000_000_000)
    }

    /// In seconds.
    var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}

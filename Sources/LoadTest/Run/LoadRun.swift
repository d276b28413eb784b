import FrontendClient
import NIOCore
import NIOPosix
import Shared
import Synchronization

/// One run: connects, loads, lets everything end, checks, and reckons up.
final class LoadRun: Sendable {
    private let plan: LoadPlan
    private let display: any LoadDisplay
    private let group: MultiThreadedEventLoopGroup
    private let identity: RunIdentity
    private let handshake: UpgradeHandshake
    private let interruption: EventLoopPromise<Void>
    private let wasInterrupted = Atomic(false)

    init(_ plan: LoadPlan, display: any LoadDisplay) {
        self.plan = plan
        self.display = display
        group = MultiThreadedEventLoopGroup(numberOfThreads: plan.eventLoops)
        // Not from the seed: two runs must not name the same requests.
        var random = SystemRandomNumberGenerator()
        identity = RunIdentity(&random)
        handshake = UpgradeHandshake(&random)
        interruption = group.any().makePromise()
    }

    /// Ends the load early: what was measured until then is the result. May be called from anywhere.
    func interrupt() {
        wasInterrupted.store(true, ordering: .relaxed)
        interruption.succeed()
    }

    /// Runs. Throws `LoadFailure` where it cannot.
    func run() async throws -> LoadResult {
        let result: Result<LoadResult, any Error>
        do { result = .success(try await measure()) } catch { result = .failure(error) }
        interruption.succeed()
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private func measure() async throws -> LoadResult {
        let files = ProcessUsage.allowFiles(plan.connections + 256)
        guard files > plan.connections + 16 else {
            throw LoadFailure(
                description:
                    "\(plan.connections) connections need as many open files, and \(files) are allowed: ulimit -n")
        }
        let routes = try plan.urls.map { url in
            let dial = try FrontendDial(url, caFile: plan.caFile, timeout: TimeAmount(plan.connectTimeout))
            return Route(dial: dial, address: try dial.resolve())
        }
        let loops = Array(group.makeIterator())
        let shards = loops.enumerated().map { number, loop in
            LoadShard(
                number, of: loops.count, plan: plan, identity: identity, handshake: handshake, routes: routes, on: loop)
        }
        var record = Record()
        do {
            try await connect(shards)
        } catch {
            await close(shards)
            throw error
        }
        record.addConnecting(try await reports(shards))
        let startedAt = Timestamp.now()
        let before = ProcessUsage.now()
        let wasInterrupted = try await load(shards, &record)
        let after = ProcessUsage.now()
        try await drain(shards, &record)
        let samples = try await each(shards) { $0.saved.received }
        let failure = try await each(shards) { $0.lastFailure }.compactMap { $0 }.first
        try await check(samples.flatMap { $0 }, &record)
        return LoadResult(
            plan: plan, startedAt: startedAt, record: record, wasInterrupted: wasInterrupted, lastFailure: failure,
            saved: samples.reduce(0) { $0 + $1.count },
            client: .init(before: before, after: after, chunks: record.whole[.chunks]))
    }

    // MARK: Phases

    private func connect(_ shards: [LoadShard]) async throws {
        try await each(shards) { $0.connectAll() }
        let all = EventLoopFuture.andAllSucceed(shards.map(\.connected.futureResult), on: group.any())
        let patience = plan.connectTimeout + .seconds(plan.connections / plan.connectRate)
        let deadline = NIODeadline.now() + TimeAmount(patience)
        while !(await happened(all, by: min(deadline, .now() + .milliseconds(500)))) {
            let states = try await each(shards) { ($0.readyClients, $0.lastFailure) }
            let ready = states.reduce(0) { $0 + $1.0 }
            display.connecting(ready, of: plan.connections)
            if isInterrupted { throw LoadFailure(description: "interrupted before the load") }
            guard NIODeadline.now() < deadline else {
                let reason = states.compactMap(\.1).first ?? "they take too long"
                throw LoadFailure(description: "\(ready) of \(plan.connections) connections could be made: \(reason)")
            }
        }
    }

    /// Returns whether it was interrupted.
    private func load(_ shards: [LoadShard], _ record: inout Record) async throws -> Bool {
        // A moment ahead, so that all shards begin together.
        let origin = Moment.now().nanoseconds + 20_000_000
        try await each(shards) { $0.begin(at: origin) }
        var last = 0.0
        for (at, phase) in LoadTimeline(plan).ticks {
            await interruptible(until: origin + UInt64(at * 1e9))
            let now = isInterrupted ? (Double(Moment.now().nanoseconds) - Double(origin)) / 1e9 : at
            let second = record.add(
                try await reports(shards), at: max(now, last), length: max(now - last, 0), phase: phase)
            last = max(now, last)
            display.second(second, of: record)
            if isInterrupted { return true }
        }
        return false
    }

    private func drain(_ shards: [LoadShard], _ record: inout Record) async throws {
        let ended = EventLoopFuture.andAllSucceed(try await each(shards) { $0.endLoad() }, on: group.any())
        let began = NIODeadline.now()
        let start = record.seconds.last?.at ?? 0
        func second(_ record: inout Record) async throws {
            let at = start + Double((NIODeadline.now() - began).nanoseconds) / 1e9
            let second = record.add(
                try await reports(shards), at: at, length: at - (record.seconds.last?.at ?? at), phase: .drain)
            display.second(second, of: record)
        }
        let stopAt = isInterrupted ? began : began + TimeAmount(plan.drain)
        var isStopping = false
        var deadline = stopAt
        while !(await happened(ended, by: min(deadline, .now() + .seconds(1)))) {
            try await second(&record)
            guard NIODeadline.now() >= deadline else { continue }
            guard !isStopping else { break }
            isStopping = true
            deadline = .now() + TimeAmount(plan.settleTimeout) + .milliseconds(500)
            try await each(shards) { $0.stopRest() }
        }
        // A word more than the ending would come right behind it.
        await wait(until: .now() + .milliseconds(200))
        await close(shards)
        try await second(&record)
    }

    private func close(_ shards: [LoadShard]) async { _ = try? await each(shards) { $0.close() } }

    private func check(_ sample: [SavedSample.Received], _ record: inout Record) async throws {
        display.checking()
        record.add(try await SavedMessages.check(sample, plan: plan))
        if let url = plan.redisURL {
            do {
                record.add(try await Orphans.find(identity, plan: plan, redisURL: url))
            } catch {
                throw LoadFailure(description: "Redis cannot be asked for orphans: \(error)")
            }
        }
        var log = ViolationLog()
        let unsent = record.whole[.unsent]
        if unsent > 0 {
            log.note(
                .loadNotOffered, nil,
                "\(unsent) requests were due and never sent: every connection was full. More --connections or --streams"
            )
        }
        record.add(log)
    }

    // MARK: Shards

    private func reports(_ shards: [LoadShard]) async throws -> [ShardReport] { try await each(shards) { $0.take() } }

    @discardableResult
    private func each<Value: Sendable>(
        _ shards: [LoadShard], _ body: @escaping @Sendable (LoadShard) -> Value
    ) async throws -> [Value] {
        let futures = shards.map { shard in shard.eventLoop.submit { body(shard) } }
        var values: [Value] = []
        for future in futures { values.append(try await future.get()) }
        return values
    }

    // MARK: Waiting

    private var isInterrupted: Bool { wasInterrupted.load(ordering: .relaxed) }

    private func interruptible(until nanoseconds: UInt64) async {
        _ = await happened(interruption.futureResult, by: .uptimeNanoseconds(nanoseconds))
    }

    private func wait(until deadline: NIODeadline) async {
        try? await group.any().scheduleTask(deadline: deadline) {}.futureResult.get()
    }

    /// Whether `future` completes until `deadline`. Returns as soon as it does.
    private func happened(_ future: EventLoopFuture<Void>, by deadline: NIODeadline) async -> Bool {
        let promise = future.eventLoop.makePromise(of: Bool.self)
        let timer = future.eventLoop.scheduleTask(deadline: deadline) { promise.succeed(false) }
        future.whenComplete { _ in promise.succeed(true) }
        let result = (try? await promise.futureResult.get()) ?? false
        timer.cancel()
        return result
    }
}

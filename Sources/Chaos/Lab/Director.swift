import Foundation
import Shared
import TestSupport

/// Plays a schedule: clients and faults at their moments, then healing, rest, and a look at what is left.
struct Director: Sendable {
    private let schedule: Schedule
    private let deployment: Deployment
    private let history: HistoryWriter
    private let clients: [ChaosClient]
    /// Watches every request from its beginning when all is over.
    private let auditor: ChaosClient
    private let faults: FaultInjector

    /// How long something may take to come to pass that a step waits for.
    private static let patience = Duration.seconds(60)
    /// How long all must be at rest to be taken to be.
    private static let quiet = Duration.seconds(1)

    init(_ schedule: Schedule, _ deployment: Deployment, _ history: HistoryWriter) {
        self.schedule = schedule
        self.deployment = deployment
        self.history = history
        clients = (1...schedule.clients).map { ChaosClient($0, deployment, history) }
        auditor = ChaosClient(schedule.clients + 1, deployment, history, name: "auditor")
        faults = FaultInjector(deployment, history)
    }

    /// Returns what Redis held at the end.
    func run() async throws -> FinalState {
        try await withThrowingTaskGroup(of: Void.self) { life in
            for client in clients { life.addTask { await client.run() } }
            try await withThrowingTaskGroup(of: Void.self) { doings in
                let start = ContinuousClock.now
                for step in schedule.steps {
                    try await wait(for: step.moment, since: start)
                    if case .heal = step.action {
                        faults.heal()
                        try await doings.waitForAll()
                        faults.allowFaults()
                    } else if case .healFirst = step.action {
                        faults.healFirst()
                    } else if !(await tell(step.action)) {
                        doings.addTask { try await perform(step.action) }
                    }
                }
                faults.heal()
                try await doings.waitForAll()
            }
            try await heal()
            if try await rest(within: .seconds(schedule.rest)) {
                life.addTask { await auditor.run() }
                try await audit()
            }
            life.cancelAll()
        }
        let state = try await deployment.redis.finalState(of: requests)
        history.note(.ended, by: "director")
        return state
    }

    /// All that clients asked for.
    private var requests: [RequestID] {
        var seen: Set<RequestID> = []
        return history.events.compactMap { $0.kind == .sent ? $0.request : nil }.filter { seen.insert($0).inserted }
    }

    // MARK: Steps

    /// What a client is told it is told in the order of the steps. Returns whether that was all.
    private func tell(_ action: Action) async -> Bool {
        switch action {
        case .send(let client, let request, let count, let interval, let policy):
            await clients[client - 1].send(
                schedule.request(request), count: count, interval: interval, onDisconnect: policy)
        case .stop(let client, let request, .webSocket, let mode):
            await clients[client - 1].stop(schedule.request(request), mode: mode)
        case .watch(let client, let request): await clients[client - 1].watch(schedule.request(request))
        case .disconnect(let client, let away): await clients[client - 1].disconnect(away: away)
        case .abandon(let client, let request): await clients[client - 1].abandon(schedule.request(request))
        case .readSlowly(let client, let time): await clients[client - 1].readSlowly(for: time)
        case .stop, .fault, .healFirst, .heal: return false
        }
        return true
    }

    /// What takes its time.
    private func perform(_ action: Action) async throws {
        switch action {
        case .stop(let client, let request, .http, let mode):
            await clients[client - 1].stopByHTTP(schedule.request(request), mode: mode)
        case .stop(let client, let request, .publish, let mode):
            await clients[client - 1].publishStop(schedule.request(request), mode: mode)
        case .fault(let fault): try await faults.inject(fault)
        case .send, .stop, .watch, .disconnect, .abandon, .readSlowly, .healFirst, .heal: break
        }
    }

    private func wait(for moment: Schedule.Moment, since start: ContinuousClock.Instant) async throws {
        switch moment {
        case .at(let time): try await Task.sleep(until: start + .milliseconds(time))
        case .later(let time): try await Task.sleep(for: .milliseconds(time))
        case .tokens(let number, let count):
            try await until("\(count) tokens of r\(number)") { progress(number).tokens >= count }
        case .tokensAfterTakeover(let number, let count):
            try await until("\(count) tokens of another attempt at r\(number)") {
                progress(number).attempt > 1 && progress(number).tokensOfAttempt >= count
            }
        case .behind(let number, let count):
            try await until("r\(number) is \(count) entries ahead") {
                await deployment.redis.logLength(of: schedule.request(number)) >= progress(number).tokens + count
            }
        case .started(let number): try await until("the start of r\(number)") { progress(number).isStarted }
        case .acknowledged(let number):
            try await until("the acknowledgement of r\(number)'s stop") { progress(number).isAcknowledged }
        }
    }

    private func progress(_ number: Int) -> HistoryWriter.Progress { history.progress(of: schedule.request(number)) }

    private func until(_ what: String, _ condition: () async -> Bool) async throws {
        try await eventually(what, within: Self.patience) { await condition() }
    }

    // MARK: The end

    private func heal() async throws {
        for node in deployment.nodes where !node.isRunning {
            history.note(.crashed, by: "director") { ($0.node, $0.note) = (node.name, "ended by itself") }
            try await node.start()
        }
        for client in clients { await client.behave() }
        history.note(.healed, by: "director")
    }

    /// What would go on for minutes is stopped now; so a stop is tried of each of them after all that. A client that was away may only now
    /// get to ask for one.
    private func stopWhatIsLong(_ told: inout Set<RequestID>) async {
        for event in history.events where event.kind == .sent && (event.count ?? 0) * (event.interval ?? 0) > 15_000 {
            guard let request = event.request, told.insert(request).inserted else { continue }
            let client = clients.first { $0.name == event.actor } ?? clients[0]
            await client.stop(request, mode: .stop)
        }
    }

    /// Waits until all has ended that is to end, all clients know, and no generator of a living worker is at work. Returns whether it
    /// came to that.
    private func rest(within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        var missing = ""
        var told: Set<RequestID> = []
        // A frontend may still be about to submit what its client has turned away from: one look is not enough.
        var quietSince: ContinuousClock.Instant?
        repeat {
            await stopWhatIsLong(&told)
            missing = await unrest()
            quietSince = missing.isEmpty ? quietSince ?? .now : nil
            if let quietSince, ContinuousClock.now - quietSince > Self.quiet { break }
            try await Task.sleep(for: .milliseconds(50))
        } while ContinuousClock.now < deadline
        history.note(.settled, by: "director") { $0.note = missing.isEmpty ? nil : missing }
        // Whoever speaks now is an orphan. A heartbeat later the nodes have also told that they run nothing.
        guard missing.isEmpty else { return false }
        try? await eventually("the nodes say that they run nothing", within: .seconds(15)) {
            try await deployment.redis.finalState(of: []).running.isEmpty
        }
        return true
    }

    /// Whoever comes later sees the same.
    private func audit() async throws {
        for request in requests { await auditor.watch(request) }
        try? await eventually("the auditor has seen all", within: .seconds(20)) { await auditor.waiting.isEmpty }
    }

    private func unrest() async -> String {
        do {
            let (open, jobs) = try await deployment.redis.openRequests(requests)
            if !open.isEmpty { return "\(open.count) requests have not ended, such as \(open[0])" }
            for client in clients {
                if let request = await client.waiting.first { return "\(client.name) waits for \(request)" }
            }
            if jobs > 0 { return "\(jobs) jobs are not done with" }
            return try speaking().map { "\($0.node ?? $0.worker) still has attempt \($0.attempt) at \($0.request)" }
                ?? ""
        } catch {
            return "Redis does not answer: \(error)"
        }
    }

    /// An attempt of a worker that lives, and has not been left.
    private func speaking() throws -> JournalLine? {
        var history = History(setting: .init())
        try history.readJournals(in: deployment.directory)
        let living = deployment.workers.compactMap(\.processID).map { "-\($0)-" }
        let open = history.journals.reduce(into: [String: JournalLine]()) { open, line in
            open["\(line.worker) \(line.request) \(line.attempt)"] = line.event == .left ? nil : line
        }
        return open.values.first { line in living.contains { line.worker.contains($0) } }
    }
}

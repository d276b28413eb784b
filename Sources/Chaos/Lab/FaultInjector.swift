import Foundation
import Shared
import Synchronization
import TestSupport

/// Breaks things as the schedule says, and makes them whole again.
final class FaultInjector: Sendable {
    private let deployment: Deployment
    private let history: HistoryWriter
    private let state = Mutex(State())

    private struct State {
        /// The faults that last, by number.
        var open: Set<Int> = []
        var last = 0
        /// Those that are to end before their time.
        var healed: Set<Int> = []
        var isHealing = false
    }

    /// The number of the fault that this task does.
    @TaskLocal private static var number = 0

    /// A worker ends ten seconds after its drain's deadline of two, whatever else is broken; doubled, for machines are loaded.
    private static let patienceWithDrains = Duration.seconds(24)

    init(_ deployment: Deployment, _ history: HistoryWriter) {
        self.deployment = deployment
        self.history = history
    }

    /// From now on whatever is broken is made whole without delay.
    func heal() { state.withLock { $0.isHealing = true } }
    func allowFaults() { state.withLock { $0.isHealing = false } }

    /// Whatever was broken first, of what is, is made whole without delay.
    func healFirst() {
        state.withLock { state in
            if let first = state.open.subtracting(state.healed).min() { state.healed.insert(first) }
        }
    }

    /// Breaks something, and returns when it is whole again. Nothing where something else is being done to the same.
    func inject(_ fault: Fault) async throws {
        switch fault {
        case .kill(let node, let down):
            try await process(fault, node) { node in
                node.signal(SIGKILL)
                _ = await node.exitStatus(within: .seconds(30))
                await nap(down)
                try await restart(node)
            }
        case .terminate(let node, let down):
            try await process(fault, node) { node in
                node.signal(SIGTERM)
                let status = await node.exitStatus(within: Self.patienceWithDrains)
                if status != 0 {
                    history.note(.crashed, by: "faults") { event in
                        event.node = node.name
                        event.note = status.map { "ended with \($0) after SIGTERM" } ?? "did not end after SIGTERM"
                    }
                    node.signal(SIGKILL)
                    _ = await node.exitStatus(within: .seconds(30))
                }
                await nap(down)
                try await restart(node)
            }
        case .freeze(let node, let time):
            try await process(fault, node) { node in
                node.signal(SIGSTOP)
                await nap(time)
                node.signal(SIGCONT)
            }
        case .cut(let node, let which): try await network(fault, node) { $0.proxy.cut(which) }
        case .isolate(let node, let time):
            try await network(fault, node) { node in
                node.proxy.refuse()
                await nap(time)
                node.proxy.heal()
            }
        case .swallow(let node, let direction, let which, let time):
            try await network(fault, node) { node in
                node.proxy.swallow(direction, of: which)
                await nap(time)
                node.proxy.healWithoutGaps()
            }
        case .stall(let node, let direction, let which, let time):
            try await network(fault, node) { node in
                node.proxy.stall(direction, of: which)
                await nap(time)
                node.proxy.heal()
            }
        case .killRedis(let down):
            try await redis(fault) { redis in
                redis.kill()
                await nap(down)
                try await redis.start()
            }
        case .restartRedis(let down):
            try await redis(fault) { redis in
                await redis.terminate()
                await nap(down)
                try await redis.start()
            }
        case .freezeRedis(let time):
            try await redis(fault) { redis in
                redis.freeze()
                await nap(time)
                redis.thaw()
            }
        case .killClients(let type):
            try await redis(fault) { redis in
                _ = try? await redis.client.call("CLIENT", "KILL", "TYPE", .string(type), "SKIPME", "yes")
            }
        case .pauseClients(let time):
            try await redis(fault) { redis in
                _ = try? await redis.client.call("CLIENT", "PAUSE", .integer(time), "ALL")
                await nap(time)
                _ = try? await redis.client.call("CLIENT", "UNPAUSE")
            }
        }
    }

    // MARK: Taking hold

    private func process(_ fault: Fault, _ which: Fault.Node, _ body: (Node) async throws -> Void) async throws {
        guard let node = await find(which), node.takeProcess() else { return skip(fault) }
        defer { node.giveProcessBack() }
        guard node.isRunning else { return skip(fault) }
        try await told(fault, node.name) { try await body(node) }
    }

    private func network(_ fault: Fault, _ which: Fault.Node, _ body: (Node) async -> Void) async throws {
        guard let node = await find(which), node.takeNetwork() else { return skip(fault) }
        defer { node.giveNetworkBack() }
        try await told(fault, node.name) { await body(node) }
    }

    private func redis(_ fault: Fault, _ body: (RedisServer) async throws -> Void) async throws {
        guard deployment.redis.take() else { return skip(fault) }
        defer { deployment.redis.giveBack() }
        try await told(fault, "redis") { try await body(deployment.redis) }
    }

    private func told(_ fault: Fault, _ node: String, _ body: () async throws -> Void) async throws {
        let number = state.withLock { state in
            state.last += 1
            state.open.insert(state.last)
            return state.last
        }
        func note(_ kind: HistoryEvent.Kind) {
            history.note(kind, by: "faults") { event in
                event.fault = number
                event.node = node
                event.note = "\(fault)"
            }
        }
        note(.faultBegan)
        defer {
            state.withLock { _ = $0.open.remove(number) }
            note(.faultEnded)
        }
        try await Self.$number.withValue(number) { try await body() }
    }

    private func skip(_ fault: Fault) {
        history.note(.faultSkipped, by: "faults") { $0.note = "\(fault)" }
    }

    private func find(_ which: Fault.Node) async -> Node? {
        switch which {
        case .frontend(let number): return deployment.frontends[number - 1]
        case .worker(let number): return deployment.workers[number - 1]
        case .holder(let request):
            let id = await deployment.redis.worker(of: deployment.schedule.request(request)) ?? ""
            return deployment.workers.first { node in node.processID.map { id.contains("-\($0)-") } ?? false }
        }
    }

    private func restart(_ node: Node) async throws { try await node.start() }

    /// Waits, but not while all is made whole.
    private func nap(_ milliseconds: Int) async {
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        let number = Self.number
        while ContinuousClock.now < end, !state.withLock({ $0.isHealing || $0.healed.contains(number) }) {
            try? await Task.sleep(for: min(.milliseconds(10), end - .now))
        }
    }
}

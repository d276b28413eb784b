import Shared
import TestSupport

extension Schedule {
    /// What a random round is made of.
    struct Plan: Sendable {
        var clients = 6
        var frontends = 2
        var workers = 2
        /// Milliseconds of clients' doings and faults.
        var length = 20_000
        /// Between two faults, on average.
        var faultEvery = 1500
        var families = Fault.Family.allCases
    }

    /// A schedule from a seed: the same seed and plan make the same schedule.
    static func random(seed: UInt64, plan: Plan) -> Schedule {
        var random = SeededRandom(seed: seed)
        let isDurable = Bool.random(using: &random)
        var maker = Maker(plan: plan, isDurable: isDurable)
        maker.clients(&random)
        maker.faults(&random)
        let steps = maker.steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map { Step(moment: .at($0.element.time), action: $0.element.action) }
        return Schedule(
            name: "random", seed: seed, steps: steps, frontends: plan.frontends, workers: plan.workers,
            clients: plan.clients, slots: [4, 8, 32].randomElement(using: &random) ?? 8,
            lease: [1000, 2000, 3000].randomElement(using: &random) ?? 2000,
            appendFsync: isDurable ? "always" : "everysec")
    }

    private struct Maker {
        let plan: Plan
        /// Whether Redis has on disk what it has acknowledged.
        let isDurable: Bool
        var steps: [(time: Int, action: Action)] = []
        private var requests = 0

        init(plan: Plan, isDurable: Bool) {
            self.plan = plan
            self.isDurable = isDurable
        }

        mutating func clients(_ random: inout SeededRandom) {
            for client in 1...plan.clients {
                var time = Int.random(in: 0..<1000, using: &random)
                while time < plan.length {
                    requests += 1
                    request(requests, of: client, at: time, &random)
                    time += Int.random(in: 500..<4000, using: &random)
                }
                for _ in 0..<max(1, plan.length / 10_000) {
                    let time = Int.random(in: 1000..<max(plan.length, 1001), using: &random)
                    if Bool.random(using: &random) {
                        add(time, .disconnect(client: client, away: Int.random(in: 0..<1500, using: &random)))
                    } else {
                        add(time, .readSlowly(client: client, time: Int.random(in: 200..<4000, using: &random)))
                    }
                }
            }
        }

        private mutating func request(_ number: Int, of client: Int, at time: Int, _ random: inout SeededRandom) {
            let policies: [DisconnectPolicy] = [.continue, .grace(seconds: 2), .grace(seconds: 30), .stop]
            var policy = policies.randomElement(using: &random) ?? .continue
            let count: Int
            let interval: Int
            var stops = Int.random(in: 0..<10, using: &random) < 6
            switch Int.random(in: 0..<10, using: &random) {
            // A burst, which a slow reader cannot take at once.
            case 0: (count, interval) = (Int.random(in: 1000..<20_000, using: &random), 0)
            // One that hardly says anything: whatever ends it does not wait for its next token.
            case 1, 2: (count, interval, stops) = (100, 30_000, true)
            case 3...6: (count, interval) = (Int.random(in: 20..<200, using: &random), 20)
            default:
                (count, interval) = (Int.random(in: 1..<50, using: &random), Int.random(in: 1..<150, using: &random))
            }
            if policy == .stop, !stops { policy = .grace(seconds: 2) }
            add(time, .send(client: client, request: number, count: count, interval: interval, onDisconnect: policy))
            let others = (1...plan.clients).filter { $0 != client }
            if Int.random(in: 0..<4, using: &random) == 0, let other = others.randomElement(using: &random) {
                add(time + Int.random(in: 50..<1500, using: &random), .watch(client: other, request: number))
            }
            if stops {
                let way = HistoryEvent.Way.allCases.randomElement(using: &random) ?? .webSocket
                let mode: StopIntent.Mode = Int.random(in: 0..<4, using: &random) == 0 ? .kill : .stop
                // Also at once, and again by another way.
                let after =
                    Bool.random(using: &random)
                    ? Int.random(in: 0..<100, using: &random) : Int.random(in: 100..<4000, using: &random)
                add(time + after, .stop(client: client, request: number, way: way, mode: mode))
                if way == .publish || Int.random(in: 0..<5, using: &random) == 0 {
                    add(
                        time + after + Int.random(in: 0..<3000, using: &random),
                        .stop(client: client, request: number, way: .webSocket, mode: .stop))
                }
            } else if Int.random(in: 0..<5, using: &random) == 0 {
                add(time + Int.random(in: 100..<2000, using: &random), .abandon(client: client, request: number))
            }
        }

        mutating func faults(_ random: inout SeededRandom) {
            guard !plan.families.isEmpty else { return }
            var time = Int.random(in: 500..<2000, using: &random)
            while time < plan.length {
                if let family = plan.families.randomElement(using: &random) {
                    add(time, .fault(fault(family, &random)))
                }
                time += Int.random(in: plan.faultEvery / 4...plan.faultEvery * 7 / 4, using: &random)
            }
        }

        private func fault(_ family: Fault.Family, _ random: inout SeededRandom) -> Fault {
            func time(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
            let isWorker = Int.random(in: 0..<5, using: &random) < 3
            let node: Fault.Node =
                isWorker
                ? .worker(Int.random(in: 1...plan.workers, using: &random))
                : .frontend(Int.random(in: 1...plan.frontends, using: &random))
            let selection: TCPProxy.Selection = [.all, .subscribers, .others].randomElement(using: &random) ?? .all
            switch family {
            case .kill: return .kill(node, down: time(0..<3000))
            case .term: return .terminate(node, down: time(0..<1000))
            // Half of them for longer than any lease.
            case .freeze: return .freeze(node, time: Bool.random(using: &random) ? time(100..<1500) : time(3500..<7000))
            case .cut: return .cut(node, selection)
            case .isolate: return .isolate(node, time: time(200..<5000))
            case .swallow, .stall:
                let direction: TCPProxy.Direction = Bool.random(using: &random) ? .toServer : .toClient
                let length = time(200..<6000)
                return family == .swallow
                    ? .swallow(node, direction, selection, time: length)
                    : .stall(node, direction, selection, time: length)
            // With `everysec` a busy disk delays the writing itself, and a killed Redis loses what it has acknowledged.
            case .redisKill: return isDurable ? .killRedis(down: time(0..<2000)) : .restartRedis(down: time(0..<2000))
            case .redisRestart: return .restartRedis(down: time(0..<2000))
            case .redisFreeze: return .freezeRedis(time: time(200..<5000))
            case .clientKill: return .killClients(type: Bool.random(using: &random) ? "normal" : "pubsub")
            case .clientPause: return .pauseClients(time: time(100..<3000))
            }
        }

        private mutating func add(_ time: Int, _ action: Action) { steps.append((time, action)) }
    }
}

import TestSupport

/// One thing that is done to the machines. Times are in milliseconds.
enum Fault: Hashable, Sendable {
    enum Node: Hashable, Sendable {
        case frontend(Int), worker(Int)
        /// Whichever worker has the request now.
        case holder(request: Int)
    }

    /// `kill -9`; the node is started again after `down`.
    case kill(Node, down: Int)
    /// SIGTERM: it drains; the node is started again `down` after it has ended.
    case terminate(Node, down: Int)
    /// SIGSTOP, and SIGCONT after `time`.
    case freeze(Node, time: Int)
    /// Its connections to Redis are cut.
    case cut(Node, TCPProxy.Selection)
    /// They are cut, and no new one can be made for `time`.
    case isolate(Node, time: Int)
    /// Bytes between it and Redis vanish in one direction for `time`; the connections stay open for so long, and break then.
    case swallow(Node, TCPProxy.Direction, TCPProxy.Selection, time: Int)
    /// Bytes between it and Redis wait in one direction for `time`.
    case stall(Node, TCPProxy.Direction, TCPProxy.Selection, time: Int)
    /// `kill -9` of Redis; it is started again after `down`.
    case killRedis(down: Int)
    /// SIGTERM of Redis; it is started again after `down`.
    case restartRedis(down: Int)
    /// SIGSTOP of Redis, and SIGCONT after `time`.
    case freezeRedis(time: Int)
    /// `CLIENT KILL TYPE normal` or `pubsub`.
    case killClients(type: String)
    /// `CLIENT PAUSE`.
    case pauseClients(time: Int)

    /// By what `--faults` names it.
    enum Family: String, CaseIterable, Sendable {
        case kill, term, freeze, cut, isolate, swallow, stall, redisKill, redisRestart, redisFreeze, clientKill,
            clientPause
    }
}

extension Fault.Node: CustomStringConvertible {
    var description: String {
        switch self {
        case .frontend(let number): "frontend-\(number)"
        case .worker(let number): "worker-\(number)"
        case .holder(let request): "the worker of r\(request)"
        }
    }
}

extension Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .kill(let node, let down): "kill -9 of \(node), down for \(down) ms"
        case .terminate(let node, let down): "SIGTERM of \(node), down for \(down) ms"
        case .freeze(let node, let time): "SIGSTOP of \(node) for \(time) ms"
        case .cut(let node, let which): "\(node)'s connections to Redis are cut (\(which))"
        case .isolate(let node, let time): "\(node) cannot reach Redis for \(time) ms"
        case .swallow(let node, let direction, let which, let time):
            "bytes vanish \(direction == .toServer ? "from \(node) to Redis" : "from Redis to \(node)") (\(which)) for \(time) ms"
        case .stall(let node, let direction, let which, let time):
            "bytes wait \(direction == .toServer ? "from \(node) to Redis" : "from Redis to \(node)") (\(which)) for \(time) ms"
        case .killRedis(let down): "kill -9 of Redis, down for \(down) ms"
        case .restartRedis(let down): "SIGTERM of Redis, down for \(down) ms"
        case .freezeRedis(let time): "SIGSTOP of Redis for \(time) ms"
        case .killClients(let type): "CLIENT KILL TYPE \(type)"
        case .pauseClients(let time): "CLIENT PAUSE for \(time) ms"
        }
    }
}

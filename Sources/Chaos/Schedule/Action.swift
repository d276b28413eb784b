import Shared

/// One thing that a schedule does.
enum Action: Hashable, Sendable {
    /// A client asks for `count` numbers, one each `interval` milliseconds.
    case send(client: Int, request: Int, count: Int, interval: Int, onDisconnect: DisconnectPolicy)
    /// A client stops a request, by its WebSocket or by HTTP, whoever asked for it.
    case stop(client: Int, request: Int, way: HistoryEvent.Way, mode: StopIntent.Mode)
    /// A client watches a request of another one, from its beginning.
    case watch(client: Int, request: Int)
    /// A client's connection breaks. It comes back at another frontend, after so many milliseconds, and resumes.
    case disconnect(client: Int, away: Int)
    /// The same, but it does not resume this request.
    case abandon(client: Int, request: Int)
    /// A client takes nothing from its socket for so many milliseconds.
    case readSlowly(client: Int, time: Int)
    case fault(Fault)
    /// What was broken first of all that still is, is made whole.
    case healFirst
    /// Everything that is broken is made whole.
    case heal
}

extension Action: CustomStringConvertible {
    var description: String {
        switch self {
        case .send(let client, let request, let count, let interval, let policy):
            "client-\(client) sends r\(request): \(count) numbers, one each \(interval) ms, on disconnect "
                + (policy.grace.map { "\($0) s" } ?? "continue")
        case .stop(let client, let request, let way, let mode):
            "client-\(client) \(mode.rawValue)s r\(request) by \(way.rawValue)"
        case .watch(let client, let request): "client-\(client) watches r\(request)"
        case .disconnect(let client, let away): "client-\(client) loses its connection for \(away) ms"
        case .abandon(let client, let request): "client-\(client) abandons r\(request)"
        case .readSlowly(let client, let time): "client-\(client) reads nothing for \(time) ms"
        case .fault(let fault): "\(fault)"
        case .healFirst: "what was broken first is made whole"
        case .heal: "all is made whole"
        }
    }
}

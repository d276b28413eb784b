import NIOHTTP1

/// Decides whether a request may become a WebSocket; and, of one that may not, what it is answered.
struct WebSocketAdmission: Sendable {
    /// What is served over WebSockets.
    enum Endpoint: Hashable, Sendable {
        case chat
        case echo
    }

    /// What the decision rests on.
    struct Request: Hashable, Sendable {
        var path: String
        var host: String?
        var origin: String?
        var authorization: String?
        var upgrade: String?
        var version: String?
        var key: String?
    }

    struct Refusal: Hashable, Sendable {
        var status: Int
        var message: String
        var headers: [String: String] = [:]
    }

    enum Verdict: Hashable, Sendable {
        case admitted
        case refused(Refusal)
    }

    var authenticator: any Authenticator
    var origins: OriginPolicy
    var connections: ConnectionCount
    var servesEcho: Bool
    /// Whether the node stops.
    var isDraining: @Sendable () -> Bool

    func endpoint(path: String) -> Endpoint? {
        switch path {
        case "/ws": .chat
        case "/ws/echo": servesEcho ? .echo : nil
        default: nil
        }
    }

    func judge(_ request: Request) -> Verdict {
        guard endpoint(path: request.path) != nil else {
            return .refused(Refusal(status: 404, message: "there is no WebSocket here"))
        }
        guard request.upgrade?.lowercased() == "websocket", request.version == "13", request.key != nil else {
            return .refused(
                Refusal(
                    status: 426, message: "this is a WebSocket of version 13",
                    headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"]))
        }
        guard origins.allows(origin: request.origin, host: request.host) else {
            return .refused(Refusal(status: 403, message: "pages of this origin may not connect"))
        }
        guard authenticator.identity(authorization: request.authorization) != nil else {
            return .refused(Refusal(status: 401, message: "say who you are", headers: ["WWW-Authenticate": "Bearer"]))
        }
        guard !connections.isFull, !isDraining() else {
            return .refused(
                Refusal(status: 503, message: "no more connections here", headers: ["Retry-After": "1"]))
        }
        return .admitted
    }

    /// The speaker of an admitted request.
    func identity(of request: Request) -> Identity {
        authenticator.identity(authorization: request.authorization) ?? .anonymous
    }

    /// The subprotocol to answer with, if the client offers ours.
    static func subprotocol(offered: [Substring]) -> String? { offered.contains("penstock") ? "penstock" : nil }
}

extension WebSocketAdmission.Request {
    init(_ head: HTTPRequestHead) {
        func header(_ name: String) -> String? { head.headers.first(name: name) }
        self.init(
            path: String(head.uri.prefix { $0 != "?" }), host: header("Host"), origin: header("Origin"),
            authorization: header("Authorization"), upgrade: header("Upgrade"),
            version: header("Sec-WebSocket-Version"), key: header("Sec-WebSocket-Key"))
    }
}

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
        /// The subprotocols offered.
        var protocols: [String] = []
    }

    struct Refusal: Hashable, Sendable {
        var status: Int
        var message: String
        var headers: [String: String] = [:]
        /// Where it is for want of a good token.
        var failure: AuthenticationFailure?
    }

    /// Who is behind a WebSocket, as far as its request tells.
    enum Speaker: Hashable, Sendable {
        case known(Identity)
        /// They have to say so first.
        case awaited
        /// The token is not accepted. A browser shows no answer to an upgrade to its page, so it is told afterwards.
        case refused(AuthenticationFailure)
    }

    enum Verdict: Hashable, Sendable {
        case admitted(Speaker)
        case refused(Refusal)
    }

    var authenticator: any Authenticator
    var origins: OriginPolicy
    var hosts: HostPolicy
    var connections: ConnectionCount
    var servesEcho: Bool
    var metrics: FrontendMetrics
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
        guard let endpoint = endpoint(path: request.path) else {
            return .refused(Refusal(status: 404, message: "there is no WebSocket here"))
        }
        guard request.upgrade?.lowercased() == "websocket", request.version == "13", request.key != nil else {
            return .refused(
                Refusal(
                    status: 426, message: "this is a WebSocket of version 13",
                    headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"]))
        }
        if let message = objection(to: request) { return .refused(Refusal(status: 403, message: message)) }
        guard !connections.isFull, !isDraining() else {
            return .refused(
                Refusal(status: 503, message: "no more connections here", headers: ["Retry-After": "1"]))
        }
        do throws(AuthenticationFailure) {
            return .admitted(try speaker(of: request, at: endpoint))
        } catch {
            return .refused(
                Refusal(
                    status: 401, message: error.message, headers: ["WWW-Authenticate": error.challenge], failure: error)
            )
        }
    }

    /// Why a page must not ask for this, or nil where nothing speaks against it.
    func objection(to request: Request) -> String? {
        guard hosts.allows(request.host) else { return "this server is not known by this name" }
        guard origins.allows(origin: request.origin, host: request.host) else {
            return "pages of this origin may not connect"
        }
        return nil
    }

    /// Who shows the token of the `Authorization` header.
    func identity(authorization: String?) throws(AuthenticationFailure) -> Identity {
        guard authenticator.asksForTokens, let authorization else { return try authenticator.authenticate(nil) }
        guard let token = BearerToken.authorization(authorization) else { throw .malformed }
        return try authenticator.authenticate(token)
    }

    private func speaker(of request: Request, at endpoint: Endpoint) throws(AuthenticationFailure) -> Speaker {
        guard authenticator.asksForTokens, request.authorization == nil else {
            return .known(try identity(authorization: request.authorization))
        }
        guard let token = BearerToken.subprotocol(request.protocols) else {
            guard endpoint == .chat else { throw .missing }
            return .awaited
        }
        do throws(AuthenticationFailure) {
            return .known(try authenticator.authenticate(token))
        } catch {
            guard endpoint == .chat else { throw error }
            return .refused(error)
        }
    }

    /// The subprotocol to answer with, if the client offers ours. Never the token.
    static func subprotocol(offered: [Substring]) -> String? { offered.contains("penstock") ? "penstock" : nil }
}

extension WebSocketAdmission.Request {
    init(_ head: HTTPRequestHead) {
        func header(_ name: String) -> String? { head.headers.first(name: name) }
        self.init(
            path: String(head.uri.prefix { $0 != "?" }), host: header("Host"), origin: header("Origin"),
            authorization: header("Authorization"), upgrade: header("Upgrade"),
            version: header("Sec-WebSocket-Version"), key: header("Sec-WebSocket-Key"),
            protocols: head.headers[canonicalForm: "Sec-WebSocket-Protocol"].map(String.init))
    }
}

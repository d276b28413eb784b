import HTTPTypes
import Hummingbird
import Shared

/// Everything a frontend serves over HTTP beside its WebSockets.
struct FrontendRouter: Sendable {
    let loops: FrontendLoops
    let admission: WebSocketAdmission
    let metrics: FrontendMetrics

    func build() throws -> Router<FrontendRequestContext> {
        let router = Router(context: FrontendRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FailureMiddleware())
        try PageRoutes().add(to: router)
        MessageRoutes(loops: loops, admission: admission).add(to: router)
        StopRoutes(loops: loops, admission: admission).add(to: router)
        RequestRoutes(loops: loops, admission: admission).add(to: router)
        for path in ["ws", "ws/echo"] {
            router.get(RouterPath(path)) { request, _ in try refuse(request) }
        }
        return router
    }

    /// A request for a WebSocket that has not become one.
    private func refuse(_ request: Request) throws -> Response {
        let verdict = admission.judge(WebSocketAdmission.Request(request))
        guard case .refused(let refusal) = verdict else {
            // Only the first request of a connection can become a WebSocket.
            var headers = HTTPFields()
            headers[.connection] = "close"
            metrics.connectionRefused(status: 503)
            throw HTTPFailure(
                status: .serviceUnavailable, code: .internalError, message: "ask again on a new connection",
                headers: headers)
        }
        metrics.connectionRefused(status: refusal.status)
        if let failure = refusal.failure { metrics.authenticationFailed(failure) }
        var headers = HTTPFields()
        for (name, value) in refusal.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        let code: ErrorCode =
            switch refusal.status {
            case 401: .authRequired
            case 503: .rateLimitExceeded
            case 404: .messageNotFound
            default: .invalidRequest
            }
        throw HTTPFailure(
            status: .init(code: refusal.status), code: code, message: refusal.message, headers: headers)
    }
}

extension WebSocketAdmission.Request {
    init(_ request: Request) {
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
        self.init(
            path: request.uri.path, host: request.head.authority, origin: header("Origin"),
            authorization: header("Authorization"), upgrade: header("Upgrade"),
            version: header("Sec-WebSocket-Version"), key: header("Sec-WebSocket-Key"),
            protocols: (header("Sec-WebSocket-Protocol") ?? "").split(separator: ",").map { element in
                String(element.filter { $0 != " " && $0 != "\t" })
            })
    }
}

extension WebSocketAdmission {
    /// Who asks over HTTP. A page of another origin, or of a name that is not ours, is told nothing and changes nothing.
    func identity(of request: Hummingbird.Request) throws(HTTPFailure) -> Identity {
        let facts = WebSocketAdmission.Request(request)
        if let message = objection(to: facts) {
            throw HTTPFailure(status: .forbidden, code: .invalidRequest, message: message)
        }
        do throws(AuthenticationFailure) {
            return try identity(authorization: facts.authorization)
        } catch {
            metrics.authenticationFailed(error)
            var headers = HTTPFields()
            headers[.wwwAuthenticate] = error.challenge
            throw HTTPFailure(
                status: .unauthorized, code: .authRequired, message: error.message, headers: headers)
        }
    }
}

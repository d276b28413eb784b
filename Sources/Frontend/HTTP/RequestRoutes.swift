import HTTPTypes
import Hummingbird
import NIOCore
import Shared

/// `GET /requests`: what is queued and running, whosever it is. For operators.
struct RequestRoutes: Sendable {
    let loops: FrontendLoops
    let admission: WebSocketAdmission

    /// Requests that are shown at most, and where nobody says how many.
    private static let limits = 1...1000
    private static let defaultLimit = 100

    private struct Answer: Encodable {
        struct Item: Encodable {
            var requestID: Shared.RequestID
            var owner: String
            var sessionID: SessionID
            var state: String
            var worker: String?
            var attempt: UInt64
            var tokens: Int
            var stop: StopIntent?
            var createdAt: Timestamp
            var claimedAt: Timestamp?

            enum CodingKeys: String, CodingKey {
                case owner, state, worker, attempt, tokens, stop
                case requestID = "request_id"
                case sessionID = "session_id"
                case createdAt = "created_at"
                case claimedAt = "claimed_at"
            }
        }

        var queue: String
        var requests: [Item]
    }

    func add(to router: Router<FrontendRequestContext>) {
        router.get("requests") { request, context in try await list(request, context) }
    }

    private func list(_ request: Request, _ context: FrontendRequestContext) async throws -> Response {
        let identity = try admission.identity(of: request)
        guard identity.isOperator else {
            var headers = HTTPFields()
            if admission.authenticator.asksForTokens {
                headers[.wwwAuthenticate] = "Bearer error=\"insufficient_scope\", scope=\"penstock:operate\""
            }
            throw HTTPFailure(
                status: .forbidden, code: .authRequired, message: "this is for operators", headers: headers)
        }
        var limit = Self.defaultLimit
        if let text = request.uri.queryParameters["limit"] {
            guard let number = Int(text), Self.limits.contains(number) else {
                throw HTTPFailure.badRequest("limit must be between 1 and 1000")
            }
            limit = number
        }
        let (queue, jobs) = try await loops.run(on: context.eventLoop) { [limit] loop in
            let queue = loop.configuration.queue
            return loop.ask { $0.queuedJobs(queue: queue, limit: limit) }.map { (queue, $0) }
        }
        let items = jobs.map { job in
            let record = job.record
            return Answer.Item(
                requestID: record.id, owner: record.owner, sessionID: record.sessionID, state: record.state.rawValue,
                worker: record.worker, attempt: record.attempt, tokens: job.tokens, stop: record.stop,
                createdAt: record.createdAt, claimedAt: record.claimedAt)
        }
        return JSONResponse.make(.ok, Answer(queue: queue, requests: items))
    }
}

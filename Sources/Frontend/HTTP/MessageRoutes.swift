import Hummingbird
import NIOCore
import Shared

/// `GET /messages/{id}` and `GET /sessions/{id}/messages`. What belongs to somebody else does not exist.
struct MessageRoutes: Sendable {
    let loops: FrontendLoops
    let admission: WebSocketAdmission

    /// Messages of a conversation that are shown at most, and where nobody says how many.
    private static let limits = 1...1000
    private static let defaultLimit = 100

    func add(to router: Router<FrontendRequestContext>) {
        router.get("messages/:id") { request, context in try await message(request, context) }
        router.get("sessions/:id/messages") { request, context in try await messages(request, context) }
    }

    private func message(_ request: Request, _ context: FrontendRequestContext) async throws -> Response {
        let identity = try admission.identity(of: request)
        guard let id = MessageID(context.parameters.get("id") ?? "") else {
            throw HTTPFailure.badRequest("the id must be a UUID")
        }
        let message = try await loops.run(on: context.eventLoop) { loop in
            loop.ask { $0.message(id, scope: identity.scope) }
        }
        guard let message else { throw HTTPFailure.notFound }
        return JSONResponse.make(.ok, message)
    }

    /// Text of one answer: beyond it the older messages are left out.
    private static let maximumBytes = 32 << 20

    private func messages(_ request: Request, _ context: FrontendRequestContext) async throws -> Response {
        let identity = try admission.identity(of: request)
        guard let id = SessionID(context.parameters.get("id") ?? "") else {
            throw HTTPFailure.badRequest("the id must be a UUID")
        }
        var limit = Self.defaultLimit
        if let text = request.uri.queryParameters["limit"] {
            guard let number = Int(text), Self.limits.contains(number) else {
                throw HTTPFailure.badRequest("limit must be between 1 and 1000")
            }
            limit = number
        }
        let messages = try await loops.run(on: context.eventLoop) { [limit] loop in
            loop.ask { $0.conversation(id, scope: identity.scope, limit: limit, bytes: Self.maximumBytes) }
        }
        guard let messages else {
            throw HTTPFailure(status: .notFound, code: .sessionNotFound, message: "there is no such session")
        }
        return JSONResponse.make(.ok, ["messages": messages])
    }
}

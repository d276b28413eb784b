import HTTPTypes
import Hummingbird
import Logging
import Shared

/// Answers every failure in the same form.
struct FailureMiddleware: RouterMiddleware {
    typealias Context = FrontendRequestContext

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as HTTPFailure {
            return failure.response
        } catch let error as BrokerError {
            return HTTPFailure(error).response
        } catch let error as HTTPError {
            let code: ErrorCode =
                switch error.status {
                case .notFound: .messageNotFound
                case .unauthorized: .authRequired
                default: error.status.kind == .serverError ? .internalError : .invalidRequest
                }
            return HTTPFailure(
                status: error.status, code: code, message: error.body ?? error.status.reasonPhrase,
                headers: error.headers
            ).response
        }
    }
}

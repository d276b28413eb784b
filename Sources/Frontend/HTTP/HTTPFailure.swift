import HTTPTypes
import Hummingbird
import NIOCore
import Shared

/// A refusal over HTTP: a status, and `{"error_code", "message"}`.
struct HTTPFailure: Error, HTTPResponseError {
    var status: HTTPResponse.Status
    var code: ErrorCode
    var message: String
    var headers = HTTPFields()

    static let notFound = HTTPFailure(status: .notFound, code: .messageNotFound, message: "there is no such thing")

    static func badRequest(_ message: String) -> HTTPFailure {
        HTTPFailure(status: .badRequest, code: .invalidRequest, message: message)
    }

    /// What a call to the broker that failed is answered.
    init(_ error: BrokerError) {
        switch error.code {
        case .notFound:
            self = .notFound
        case .unavailable:
            self.init(status: .serviceUnavailable, code: .internalError, message: "not possible now, try again")
            headers[.retryAfter] = "1"
        case .overloaded:
            self.init(status: .tooManyRequests, code: .rateLimitExceeded, message: "too much is going on, try again")
            headers[.retryAfter] = "1"
        case .refused:
            self.init(status: .internalServerError, code: .internalError, message: "the request failed")
        }
    }

    init(status: HTTPResponse.Status, code: ErrorCode, message: String, headers: HTTPFields = .init()) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    func response(from request: Request, context: some RequestContext) -> Response { response }

    var response: Response {
        var response = JSONResponse.make(status, Body(errorCode: code, message: message))
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    private struct Body: Encodable {
        var errorCode: ErrorCode
        var message: String

        enum CodingKeys: String, CodingKey {
            case message
            case errorCode = "error_code"
        }
    }
}

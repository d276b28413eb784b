import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Shared

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The stop over plain HTTP: `POST /messages/{id}/stop` and `DELETE /requests/{id}`, for one who has no WebSocket.
///
/// `mode` and `reason` may stand in the query or in a JSON body. Answered when the stop is settled, or was before (200); or, when
/// it has not settled within `?wait=` (1 s), that it is recorded (202); or that Redis does not take it now (503). Repeating it is
/// never an error.
struct StopRoutes: Sendable {
    let loops: FrontendLoops
    let admission: WebSocketAdmission

    private static let defaultWait = Duration.seconds(1)
    private static let longestWait = Duration.seconds(30)

    /// What the caller says of the stop.
    private struct Wish: Decodable {
        var mode: StopIntent.Mode?
        var reason: String?
    }

    private struct Answer: Encodable {
        var stopped = true
        var partialMessageID: MessageID
        var outcome: StopOutcome
        var settled: Bool

        enum CodingKeys: String, CodingKey {
            case stopped, outcome, settled
            case partialMessageID = "partial_message_id"
        }
    }

    func add(to router: Router<FrontendRequestContext>) {
        router.post("messages/:id/stop") { request, context in try await stop(request, context) }
        router.delete("requests/:id") { request, context in try await stop(request, context) }
    }

    private func stop(_ request: Request, _ context: FrontendRequestContext) async throws -> Response {
        let identity = try admission.identity(of: request)
        guard let id = RequestID(context.parameters.get("id") ?? "") else {
            throw HTTPFailure.badRequest("the id must be a UUID")
        }
        let wish: Wish
        let wait: TimeAmount
        do {
            wish = try await self.wish(request)
            wait = try self.wait(request)
        } catch {
            // To one who does not own it a request does not exist, whatever else is wrong.
            let record = try await loops.run(on: context.eventLoop) { loop in loop.ask { $0.request(id) } }
            guard let record, identity.mayTouch(record.owner) else { throw HTTPFailure.notFound }
            throw error
        }
        let intent = StopIntent(mode: wish.mode ?? .stop, by: identity.stopSource, reason: wish.reason)
        let (receipt, settled) = try await loops.run(on: context.eventLoop) { loop in
            let began = loop.eventLoop.now
            return loop.stops.stop(
                id, intent: intent, owner: identity.scope, answerWithin: loop.configuration.commandDeadline
            ).assumeIsolated().flatMap { receipt in
                switch receipt.outcome {
                case .dequeued, .alreadyCompleted:
                    loop.eventLoop.makeSucceededFuture((receipt, true))
                case .stopped, .alreadyStopped:
                    EndingWatch.wait(for: id, after: receipt.last, atMost: wait, on: loop).map { (receipt, $0) }
                }
            }.map { receipt, settled in
                if settled { loop.metrics.stops.settled(receipt.outcome, after: loop.eventLoop.now - began) }
                return (receipt, settled)
            }.nonisolated()
        }
        return JSONResponse.make(
            settled ? .ok : .accepted,
            Answer(partialMessageID: id.message, outcome: receipt.outcome, settled: settled))
    }

    private func wish(_ request: Request) async throws -> Wish {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: FrontendRequestContext.maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            throw HTTPFailure(
                status: .contentTooLarge, code: .invalidRequest,
                message: "the body may have \(FrontendRequestContext.maximumBodyBytes) bytes")
        }
        var wish = Wish()
        if body.readableBytes > 0 {
            guard let decoded = try? JSONDecoder().decode(Wish.self, from: body) else {
                throw HTTPFailure.badRequest(
                    "the body must be a JSON object with mode (stop or kill) and reason (a string)")
            }
            wish = decoded
        }
        if let text = request.uri.queryParameters["mode"] {
            guard let mode = StopIntent.Mode(rawValue: String(text)) else {
                throw HTTPFailure.badRequest("mode must be stop or kill")
            }
            wish.mode = mode
        }
        if let text = request.uri.queryParameters["reason"] { wish.reason = String(text) }
        guard (wish.reason?.utf8.count ?? 0) <= StopIntent.maximumReasonBytes else {
            throw HTTPFailure.badRequest("reason may have \(StopIntent.maximumReasonBytes) bytes")
        }
        return wish
    }

    private func wait(_ request: Request) throws(HTTPFailure) -> TimeAmount {
        guard let text = request.uri.queryParameters["wait"] else { return TimeAmount(Self.defaultWait) }
        guard let setting = DurationSetting(String(text)), setting.duration <= Self.longestWait else {
            throw .badRequest("wait must be a time of at most 30s, such as 500ms")
        }
        return TimeAmount(setting.duration)
    }
}

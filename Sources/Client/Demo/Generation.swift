import NIOCore
import Shared

/// A running request in the hands of a client that talks to the workers' queue directly, without a frontend.
///
/// From before it is submitted until it is left it listens on the request's stop channel, as a frontend does: a stop that an
/// operator publishes is recorded also while the request is queued.
final class Generation: Sendable {
    let id: RequestID
    private let broker: any Broker
    private let stops: NIOLoopBound<StopSubscriber>

    /// Why a request was not accepted.
    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    private init(id: RequestID, broker: any Broker, stops: NIOLoopBound<StopSubscriber>) {
        self.id = id
        self.broker = broker
        self.stops = stops
    }

    /// Submits a request. Returns when it is in its queue, and a stop from anywhere is heard.
    static func start(_ submission: Submission, through broker: any Broker) async throws -> Generation {
        let id = submission.job.requestID
        let (stops, confirmed) = try await broker.eventLoop.submit {
            let subscriber = StopSubscriber(broker: broker, request: id) { _ in }
            return (NIOLoopBound(subscriber, eventLoop: broker.eventLoop), subscriber.confirmed)
        }.get()
        let generation = Generation(id: id, broker: broker, stops: stops)
        do {
            try await confirmed.get()
            switch try await broker.submit(submission).get() {
            case .accepted, .joined: return generation
            case .conflict: throw Refused(description: "the id \(id) belongs to another request")
            case .queueFull: throw Refused(description: "the queue is full")
            }
        } catch {
            generation.leave()
            throw error
        }
    }

    /// What it says, from the beginning to its ending. Each call reads anew.
    var entries: TokenStream { TokenStream(broker: broker, request: id) }

    /// Ends the generation gracefully. Returns when the stop is durable; no chunk behind `StopReceipt.last` follows. Idempotent.
    func stopGenerating(reason: String? = nil) async throws -> StopReceipt {
        try await broker.stop(id, intent: StopIntent(mode: .stop, by: .user, reason: reason), owner: nil).get()
    }

    /// Ends it at once, without draining. Otherwise as `stopGenerating`.
    func kill(reason: String? = nil) async throws -> StopReceipt {
        try await broker.stop(id, intent: StopIntent(mode: .kill, by: .user, reason: reason), owner: nil).get()
    }

    /// Listens no more. The request goes on.
    func leave() {
        let stops = stops
        broker.eventLoop.execute { stops.value.cancel() }
    }
}

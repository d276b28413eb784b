import NIOCore
import Shared

/// Records stops. Bound to its broker's event loop.
///
/// A stop outlives the connection that asked for it: while Redis is away, or takes no writes, it waits here and is recorded when Redis
/// is back. It succeeds only when the intent is durable.
final class StopPublisher {
    private let broker: any Broker
    private let deadline: TimeAmount
    private let limit: Int
    private let metrics: FrontendMetrics
    private var waiting = 0

    /// At most `limit` stops wait at a time; beyond that they are refused as `overloaded`. One that could not be recorded
    /// within `deadline` fails.
    init(broker: any Broker, deadline: TimeAmount, limit: Int = 16_384, metrics: FrontendMetrics) {
        self.broker = broker
        self.deadline = deadline
        self.limit = limit
        self.metrics = metrics
    }

    /// The same, for one who waits for the answer: fails with `unavailable` after `limit`, when the stop is not recorded. It is still
    /// tried then.
    func stop(
        _ request: RequestID, intent: StopIntent, owner: String?, answerWithin limit: TimeAmount
    ) -> EventLoopFuture<StopReceipt> {
        let answer = broker.eventLoop.makePromise(of: StopReceipt.self)
        let timer = broker.eventLoop.scheduleTask(in: limit) {
            answer.fail(BrokerError(code: .unavailable, message: "the stop is not recorded"))
        }
        stop(request, intent: intent, owner: owner).whenComplete { result in
            timer.cancel()
            // Of two completions the first counts.
            answer.completeWith(result)
        }
        return answer.futureResult
    }

    /// Records a stop, now if it can be. Fails with `notFound` where `owner` has no such request; nil is the operator.
    func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        let loop = broker.eventLoop
        guard waiting < limit else {
            return loop.makeFailedFuture(BrokerError(code: .overloaded, message: "too many stops wait for Redis"))
        }
        waiting += 1
        let began = loop.now
        let recorded = BrokerRetry(eventLoop: loop).until(began + deadline) { [broker] in
            broker.stop(request, intent: intent, owner: owner)
        }
        recorded.assumeIsolated().whenComplete { [self] result in
            waiting -= 1
            if case .success(let receipt) = result {
                metrics.stops.recorded(receipt.outcome, intent, after: loop.now - began)
            }
        }
        return recorded
    }
}

import NIOCore
import Shared

/// Has the live feed of a request subscribed to while what the user said is still being saved: whoever follows the feed then is heard at
/// once, and the client is told of its first token sooner.
///
/// Whose the id is only the answer to the submission tells: nobody is listened to before that. Bound to its broker's event loop.
///
/// `@unchecked Sendable`: it is captured by handlers that run on its event loop and touched nowhere else.
final class EarlyFeed: @unchecked Sendable {
    private let request: RequestID
    private let broker: any Broker
    private var subscription: (any BrokerSubscription)?
    private var isOver = false

    init(of request: RequestID, on broker: any Broker) {
        self.request = request
        self.broker = broker
    }

    /// The request was accepted. The feed is subscribed to until `leave`.
    @Sendable func listen() {
        guard !isOver, subscription == nil else { return }
        subscription = broker.followTokens(of: request) { _ in }
    }

    /// The feed is followed by somebody now, or is not going to be. Idempotent.
    func leave() {
        isOver = true
        subscription?.cancel()
        subscription = nil
    }
}

import NIOCore
import Shared

/// Watches over one request that was accepted or resumed here, from then to its ending: hears its stops, and stops it when its last
/// viewer stays away. It outlives the connection that sent or resumed the request. Bound to its broker's event loop.
final class RequestWatch {
    private let broker: any Broker
    let request: RequestID
    let owner: String
    private let stop: (RequestID) -> Void
    private var viewers: ViewerStateMachine
    private var subscriber: StopSubscriber?
    private var timer: Scheduled<Void>?
    /// The ending was heard; nothing more is.
    private(set) var hasEnded = false

    /// `stop` is called when nobody watches any more, `ended` when the ending is written.
    init(
        broker: any Broker, request: RequestID, owner: String, policy: DisconnectPolicy,
        stop: @escaping (RequestID) -> Void, ended: @escaping (RequestID) -> Void
    ) {
        self.owner = owner
        self.broker = broker
        self.request = request
        self.stop = stop
        viewers = ViewerStateMachine(policy: policy)
        subscriber = StopSubscriber(broker: broker, request: request) { [weak self] event in
            switch event {
            // The subscriber records it; the worker, or the script that recorded it, ends the request.
            case .stop: break
            case .ended:
                self?.hasEnded = true
                ended(request)
            }
        }
    }

    /// Completes when a bare publish from now on is heard.
    var confirmed: EventLoopFuture<Void> { subscriber?.confirmed ?? broker.eventLoop.makeSucceededVoidFuture() }

    /// The request's own policy.
    func learned(_ policy: DisconnectPolicy) { perform(viewers.learned(policy)) }

    func viewerJoined() { perform(viewers.viewerJoined()) }

    func viewerLeft() {
        let action = viewers.viewerLeft()
        if action != .none { noteLeaving() }
        perform(action)
    }

    /// Leaves the request to itself, and its channel to others.
    func cancel() {
        perform(viewers.released())
        subscriber?.cancel()
        subscriber = nil
    }

    /// Leaves the request to its viewers elsewhere; bare publishes are heard still.
    func release() {
        if viewers.isWatched { noteLeaving() }
        perform(viewers.released())
    }

    /// How long leaving is tried to be noted while Redis is away.
    private static let patience = TimeAmount.seconds(30)

    /// Those who watch the request at other nodes give it the whole grace from now on.
    private func noteLeaving() {
        _ = BrokerRetry(eventLoop: broker.eventLoop).until(broker.eventLoop.now + Self.patience) { [broker, request] in
            broker.viewersLeft(request)
        }
    }

    private func perform(_ action: ViewerStateMachine.Action) {
        switch action {
        case .none:
            break
        case .arm(let milliseconds):
            timer?.cancel()
            timer = broker.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [weak self] in
                self.map { $0.perform($0.viewers.timerFired()) }
            }
        case .disarm:
            timer?.cancel()
            timer = nil
        case .count:
            broker.audience(of: request).assumeIsolated().whenComplete { [weak self] result in
                guard let self else { return }
                let audience = try? result.get()
                let sinceLeaving = audience?.sinceLeaving.map { $0.nanoseconds / 1_000_000 }
                self.perform(self.viewers.counted(audience?.viewers, sinceLeaving: sinceLeaving))
            }
        case .stop:
            stop(request)
        }
    }
}

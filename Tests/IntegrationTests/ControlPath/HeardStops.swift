import Shared
import Synchronization

/// What a `StopSubscriber` told.
final class HeardStops: Sendable {
    private let state = Mutex<(events: [StopSubscriber.Event], subscriber: StopSubscriber?)>(([], nil))

    var events: [StopSubscriber.Event] { state.withLock { $0.events } }

    var reasons: [String?] {
        events.compactMap { event in
            switch event {
            case .stop(let intent): .some(intent.reason)
            case .ended: nil
            }
        }
    }

    func add(_ event: StopSubscriber.Event) { state.withLock { $0.events.append(event) } }

    func keep(_ subscriber: StopSubscriber) { state.withLock { $0.subscriber = subscriber } }
}

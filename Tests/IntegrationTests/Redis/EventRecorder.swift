import Shared
import Synchronization

/// Keeps what a subscription told, as text: a message as itself.
final class EventRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    var events: [String] { kept.withLock { $0 } }
    var handler: (RedisSubscriptionEvent) -> Void {
        { event in
            let text =
                switch event {
                case .message(let bytes): String(decoding: bytes, as: UTF8.self)
                case .interrupted: "<interrupted>"
                case .resumed: "<resumed>"
                case .refused(let error): "<refused \(error.code)>"
                }
            self.record(text)
        }
    }

    func record(_ text: String) {
        kept.withLock { $0.append(text) }
    }
}

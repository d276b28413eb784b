import Logging
import NIOCore
import Shared

/// Sees to it that requests end when their time is over, also where no worker lives. Bound to its broker's event loop.
///
/// The clock here only tells when to ask: whether the time is over, Redis says, by its own clock. While Redis is away it asks again.
final class RequestExpiry {
    private let broker: any Broker
    private let logger: Logger
    private var wheel = AlarmWheel<RequestID>(slotLength: 100)
    private var isTicking = false

    private static let tick = TimeAmount.milliseconds(100)
    /// Questions of one tick, so that thousands that end together do not keep Redis from all else.
    private static let questions = 500
    /// Until it is asked again where Redis did not answer.
    private static let pause = TimeAmount.seconds(1)

    init(broker: any Broker, logger: Logger) {
        self.broker = broker
        self.logger = logger
    }

    /// Asks about `request` when `time` has passed.
    func watch(_ request: RequestID, for time: TimeAmount) {
        wheel.set(request, at: (broker.eventLoop.now + time).milliseconds)
        scheduleTick()
    }

    /// It has ended.
    func forget(_ request: RequestID) { wheel.cancel(request) }

    private func scheduleTick() {
        guard !isTicking, !wheel.isEmpty else { return }
        isTicking = true
        broker.eventLoop.assumeIsolated().scheduleTask(in: Self.tick) { [weak self] in
            guard let self else { return }
            self.isTicking = false
            for request in self.wheel.due(now: self.broker.eventLoop.now.milliseconds, limit: Self.questions) {
                self.ask(request)
            }
            self.scheduleTick()
        }
    }

    /// The ending, where there is one, comes over the stop channel, as any other.
    private func ask(_ request: RequestID) {
        broker.expire(request).assumeIsolated().whenComplete { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(.ended), .success(.open(until: nil)): break
            case .success(.open(let time?)): self.watch(request, for: time)
            case .failure(let error):
                self.logger.debug(
                    "a request's time could not be looked at", [.requestID: "\(request)", .error: "\(error)"])
                self.watch(request, for: Self.pause)
            }
        }
    }
}

extension NIODeadline {
    fileprivate var milliseconds: Int64 { Int64(uptimeNanoseconds / 1_000_000) }
}

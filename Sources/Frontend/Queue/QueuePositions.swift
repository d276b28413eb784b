import NIOCore
import Shared

/// Tells the waiting clients of one event loop where they stand in the queue: once a second at most, and only what is new. Bound to that
/// loop.
///
/// Asks only while somebody waits. What a slow client cannot be told now it is told later, as it is then.
final class QueuePositions {
    private let broker: any Broker
    private let queue: String
    private let progress: QueueProgress
    private var board = QueueBoard<ObjectIdentifier>()
    private var tellers: [ObjectIdentifier: (UInt64) -> Bool] = [:]
    private var isTicking = false

    /// How often places are told.
    static let period = TimeAmount.seconds(1)

    init(broker: any Broker, queue: String, progress: QueueProgress) {
        self.broker = broker
        self.queue = queue
        self.progress = progress
    }

    /// From now on `tell` is called with each new place of the job with this number, until `stream` leaves; it returns whether it told
    /// the client.
    func join(_ stream: ClientStream, number: UInt64, tell: @escaping (UInt64) -> Bool) {
        board.joined(ObjectIdentifier(stream), number: number)
        tellers[ObjectIdentifier(stream)] = tell
        tick()
    }

    /// The request runs, or its client is gone. Returns whether it was told a place.
    @discardableResult
    func leave(_ stream: ClientStream) -> Bool {
        guard tellers.removeValue(forKey: ObjectIdentifier(stream)) != nil else { return false }
        return board.left(ObjectIdentifier(stream))
    }

    private func tick() {
        guard !isTicking, !board.isEmpty else { return }
        isTicking = true
        broker.eventLoop.assumeIsolated().scheduleTask(in: Self.period) { [weak self] in
            guard let self else { return }
            self.isTicking = false
            self.look()
            self.tick()
        }
    }

    private func look() {
        guard !board.isEmpty else { return }
        guard progress.asks(now: broker.eventLoop.now) else { return tellAll() }
        broker.lastTaken(of: queue).assumeIsolated().whenComplete { [weak self] result in
            // Where Redis does not answer, places are told when it does.
            guard let self, case .success(let number) = result else { return }
            self.progress.answered(number)
            self.tellAll()
        }
    }

    private func tellAll() {
        guard let lastTaken = progress.lastTaken else { return }
        for (waiter, position) in board.news(lastTaken: lastTaken) {
            if tellers[waiter]?(position) ?? false { board.told(waiter, position: position) }
        }
    }
}

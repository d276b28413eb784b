import NIOCore
private import Synchronization

/// When the open requests of an owner were last looked through: once a second at most, as whoever is refused may ask again at once.
final class RecountTimes: Sendable {
    private let times = Mutex<[String: NIODeadline]>([:])

    private static let pause = TimeAmount.seconds(1)
    /// Owners that are remembered.
    private static let capacity = 1024

    func isDue(_ owner: String, now: NIODeadline) -> Bool {
        times.withLock { times in times[owner].map { now - $0 >= Self.pause } ?? true }
    }

    func noted(_ owner: String, now: NIODeadline) {
        times.withLock { times in
            if times.count >= Self.capacity {
                times = times.filter { now - $0.value < Self.pause }
                // A thousand owners at their bounds within a second: the oldest memory goes.
                if times.count >= Self.capacity, let oldest = times.min(by: { $0.value < $1.value }) {
                    times[oldest.key] = nil
                }
            }
            times[owner] = now
        }
    }
}

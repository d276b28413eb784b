import NIOCore

/// Decides when a timer that many share goes off: at once for each of few, once a tick for many.
///
/// A wake-up of an event loop costs more than what a generator does then. So where those within one `tick` are more than `manyWakeUps`,
/// the next waits until a tick after the last; and where one finds fewer than `fewWaiters`, moments are kept exactly again. A generator
/// is late by a tick at most, and only where the loop is busy. Pure.
struct TimerPolicy {
    static let tick = TimeAmount.microseconds(500)
    static let manyWakeUps = 8
    static let fewWaiters = 6

    private var windowStart = NIODeadline.uptimeNanoseconds(0)
    private var lastWakeUp = NIODeadline.uptimeNanoseconds(0)
    private var wakeUps = 0
    private(set) var isTicking = false

    /// When to wake for a moment that is due at `deadline`.
    func wakeUp(for deadline: NIODeadline) -> NIODeadline {
        isTicking ? max(deadline, lastWakeUp + Self.tick) : deadline
    }

    /// A wake-up let `waiters` go on.
    mutating func woke(_ waiters: Int, at now: NIODeadline) {
        lastWakeUp = now
        if isTicking {
            isTicking = waiters >= Self.fewWaiters
            (windowStart, wakeUps) = (now, 0)
        } else if now - windowStart >= Self.tick {
            (windowStart, wakeUps) = (now, 1)
        } else {
            wakeUps += 1
            isTicking = wakeUps >= Self.manyWakeUps
        }
    }
}

import NIOCore

/// What is looked at from time to time: how late this program is itself, and what stays away too long.
extension LoadShard {
    private static let interval = TimeAmount.milliseconds(10)
    /// Every so many ticks, whatever waits for a stop is looked at.
    private static let ticksBetweenSweeps: UInt64 = 25

    func startWatch() {
        let interval = UInt64(Self.interval.nanoseconds)
        nextWatch = Moment.now().nanoseconds + interval
        watch = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            let now = Moment.now().nanoseconds
            self.measured.record(.clientLag, from: self.nextWatch, to: now)
            // The next is due an interval after this one ran: that is how the loop repeats.
            self.nextWatch = now + interval
            self.watches += 1
            if self.watches % Self.ticksBetweenSweeps == 0 { self.sweep(at: now) }
        }
    }

    private func sweep(at now: UInt64) {
        let patience = plan.settleTimeout.wholeNanoseconds
        for slot in slots.indices { slots[slot].stream?.checkPatience(patience, at: now, &measured) }
    }
}

package import NIOCore

/// When things are due that are to come at regular times. Pure.
///
/// What is late is made up for, so that the rate holds however late single ones are; but no more than `patience` of it: a process
/// that was suspended for a minute does not pour out a minute's worth when it wakes.
package struct Pace: Hashable, Sendable {
    package static let patience = TimeAmount.seconds(1)

    package let interval: TimeAmount
    /// When the next one is due.
    package private(set) var due: NIODeadline

    /// A pace whose first one is due at `start`.
    package init(interval: TimeAmount, from start: NIODeadline) {
        self.interval = interval
        due = start
    }

    /// The one that was due has come.
    package mutating func advance(now: NIODeadline) {
        due = max(due + interval, now - Self.patience)
    }
}

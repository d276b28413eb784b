package import NIOCore

extension Backoff {
    /// How a call that Redis did not answer is repeated: from 10 ms to 1 s apart.
    package static var broker: Backoff { Backoff(minimum: 10_000_000, maximum: 1_000_000_000) }

    /// The next wait, drawn by chance.
    package mutating func next() -> TimeAmount { .nanoseconds(next(random: .random(in: 0..<1))) }
}

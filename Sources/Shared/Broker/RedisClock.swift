package import NIOCore

/// What the clock of Redis shows, told by this node's own.
///
/// Samples are taken with every beat. Of the last ones that with the shortest round trip counts: it is wrong by half of that at most,
/// some 30 µs on one host. Bound to an event loop.
/// `@unchecked Sendable`: its state is touched on its event loop only.
package final class RedisClock: @unchecked Sendable {
    private struct Sample {
        /// Microseconds that Redis is ahead of the steady clock of this node.
        var offset: Int64
        var roundTrip: TimeAmount

        /// By how many microseconds the offset may be wrong.
        var error: Int64 { roundTrip.nanoseconds / 2000 + 1 }
    }

    /// How many count.
    private static let memory = 8
    /// Microseconds by which two clocks that run well come apart meanwhile.
    private static let drift: Int64 = 1000

    private var samples: [Sample] = []

    package init() {}

    /// Redis answered `microseconds` since 1970 to what was sent at `sent` and answered by `received`.
    package func sampled(_ microseconds: Int64, sent: NIODeadline, received: NIODeadline) {
        let middle = sent + .nanoseconds((received - sent).nanoseconds / 2)
        let sample = Sample(offset: microseconds - Self.microseconds(middle), roundTrip: received - sent)
        // What cannot be true of the same clock tells that it was set, or that there is another Redis.
        if let best, abs(best.offset - sample.offset) > sample.error + best.error + Self.drift { samples = [] }
        if samples.count == Self.memory { samples.removeFirst() }
        samples.append(sample)
    }

    /// What the clock of Redis showed, in microseconds since 1970, at a moment of this node's steady clock; nil where that is not known.
    package func microseconds(at moment: NIODeadline) -> Int64? {
        best.map { Self.microseconds(moment) + $0.offset }
    }

    private var best: Sample? { samples.min { $0.roundTrip < $1.roundTrip } }

    private static func microseconds(_ moment: NIODeadline) -> Int64 { Int64(moment.uptimeNanoseconds / 1000) }
}

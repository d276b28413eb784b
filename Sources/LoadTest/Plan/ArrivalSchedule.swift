/// When requests are due in open loop: at a rate that grows from zero over the ramp and then stands, whatever the server does.
///
/// The schedule is also the queue: a request that could not be sent when it was due stays at its head, and keeps the time it was
/// due at, from which its latency is reckoned. So nothing is omitted and nothing grows. Times are nanoseconds since the beginning. Pure.
struct ArrivalSchedule: Sendable {
    /// Seconds.
    private let ramp: Double
    private let rate: Double
    private let end: UInt64
    /// nil: at regular times.
    private var random: LoadRandom?
    /// How many would have come by `next` at this schedule, fractions included.
    private var place: Double
    /// When the next request is due; nil: no more are.
    private(set) var next: UInt64?

    /// `rate` requests a second from the end of the ramp until `end`. With `random` their distances are exponential, as those of
    /// independent users are; without, all alike, and `phase` (0 to 1) moves them by that part of a distance.
    init(rate: Double, ramp: UInt64, end: UInt64, phase: Double = 0, random: LoadRandom?) {
        self.rate = rate
        self.ramp = Double(ramp) / 1e9
        self.end = end
        self.random = random
        place = phase
        if random != nil { step() }
        settle()
    }

    /// The request that was due is taken.
    mutating func take() {
        if random == nil { place += 1 } else { step() }
        settle()
    }

    private mutating func step() {
        place +=
            random.map { generator in
                var generator = generator
                defer { random = generator }
                return Distribution.standardExponential(&generator)
            } ?? 1
    }

    /// By second t of the ramp `rate · t² / (2 · ramp)` requests have come.
    private mutating func settle() {
        let ofRamp = rate * ramp / 2
        let time = place < ofRamp ? (2 * ramp * place / rate).squareRoot() : ramp / 2 + place / rate
        let nanoseconds = time * 1e9
        next = nanoseconds < Double(end) ? UInt64(nanoseconds) : nil
    }
}

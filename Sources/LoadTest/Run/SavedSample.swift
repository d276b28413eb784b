import Shared

/// What a client received of some answers, to be compared with what is saved: a sample drawn by chance, of bounded size
/// (algorithm R), checked when the load is over so that it does not disturb it. Pure.
struct SavedSample: Sendable {
    /// One answer as its client saw it.
    struct Received: Hashable, Sendable {
        var request: RequestID
        /// Where to ask for it.
        var url: Int
        var bytes: Int
        var hash: UInt64
        /// Whether its client went away: it is to have been stopped since, and to hold at least what was received.
        var isAbandoned: Bool
    }

    private let size: Int
    private var random: LoadRandom
    private var seen = 0
    private(set) var received: [Received] = []

    init(size: Int, random: LoadRandom) {
        self.size = size
        self.random = random
    }

    mutating func offer(_ answer: Received) {
        seen += 1
        if received.count < size {
            received.append(answer)
        } else {
            let place = Int.random(in: 0..<seen, using: &random)
            if place < size { received[place] = answer }
        }
    }
}

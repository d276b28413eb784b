import Foundation

/// What `PENSTOCK_FUZZ_…` in the environment says.
struct FuzzSettings: Sendable {
    /// Seconds for all targets together.
    var seconds = 40.0
    /// The same seed tries the same inputs, in the same order. Where none is given it is always the same one, so that a change is judged
    /// by what it changes; who hunts gives another, or `random`.
    var seed: UInt64
    /// Nil: all.
    var target: String?

    static let current = FuzzSettings(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        let seed = environment["PENSTOCK_FUZZ_SEED"]
        self.seed = seed == "random" ? .random(in: 0...999_999_999) : seed.flatMap { UInt64($0) } ?? 582_945_397
        seconds = environment["PENSTOCK_FUZZ_SECONDS"].flatMap { Double($0) } ?? seconds
        target = environment["PENSTOCK_FUZZ_TARGET"]
    }

    func chooses(_ target: FuzzTarget) -> Bool { self.target.map { $0 == target.name } ?? true }

    /// For each target that is tried: most of the time for inputs, the rest for patterns that may take too long to read.
    var secondsEach: (inputs: Double, patterns: Double) {
        let each = seconds / Double(max(FuzzTarget.all.count(where: chooses), 1))
        return (each * 0.75, each * 0.25)
    }
}

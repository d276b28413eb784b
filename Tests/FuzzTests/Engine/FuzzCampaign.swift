import Foundation
import TestSupport

/// Tries inputs on a target until one fails or the time is over: the corpus, samples, and changes of both. Runs in a process of its own
/// (`FuzzProcess`), for an input may end it.
struct FuzzCampaign {
    /// What it found.
    struct Finding: Codable {
        var message: String
        var input: [UInt8]
    }

    /// Processor time that one input may take.
    private static let patience = 20.0
    /// Inputs that are kept to be changed.
    private static let poolSize = 512

    let target: FuzzTarget
    let record: FuzzRecord

    /// Returns what failed, made as plain as it was found to be possible.
    func run(seed: UInt64, seconds: Double) -> Finding? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var pool = Corpus.inputs(of: target).map(\.bytes)
        for input in pool { if let finding = fails(input) { return shrink(finding) } }
        let mutation = Mutation(words: target.words, maximumBytes: target.maximumBytes)
        var round: UInt64 = 0
        while ContinuousClock.now < deadline {
            round += 1
            var draw = Draw(seed: seed &+ round &* 0x9E37_79B9)
            let input: [UInt8]
            if pool.count < 16 || draw.one(in: 4) {
                input = Array(target.sample(&draw).prefix(target.maximumBytes))
                if pool.count < Self.poolSize { pool.append(input) } else { pool[draw.below(pool.count)] = input }
            } else {
                input = mutation.change(draw.pick(pool), with: draw.pick(pool), &draw)
            }
            if let finding = fails(input) { return shrink(finding) }
        }
        return nil
    }

    /// Makes an input plainer that fails, or that ended the process.
    func shrink(_ finding: Finding) -> Finding {
        var last = finding
        let input = Shrinking.shrink(finding.input) { input in
            guard let again = fails(input) else { return false }
            last = again
            return true
        }
        return Finding(message: last.message, input: input)
    }

    /// Whether a property does not hold of `input`.
    func fails(_ input: [UInt8]) -> Finding? {
        record.begin(input)
        let start = ProcessorTime.ofThread
        do {
            try target.check(input)
        } catch {
            return Finding(message: "\(error)", input: input)
        }
        let seconds = ProcessorTime.ofThread - start
        guard seconds <= Self.patience else {
            return Finding(message: "it took \(seconds) s of processor time", input: input)
        }
        return nil
    }
}
